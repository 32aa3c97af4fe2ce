"""How often a process of the hall looks for garbage in cycles."""

import gc

GARBAGE_THRESHOLDS = 20_000, 20, 20


def collect_garbage_rarely() -> None:
    """Look for cycles less often than Python does by itself.

    Under load there are thousands of tasks and events at a time and hardly a cycle; looking for
    them after every 700 objects took a sixth of the process (measured). What is loaded by now
    stays for ever and is not looked at again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)

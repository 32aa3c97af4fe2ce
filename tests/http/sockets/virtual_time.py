"""An event loop whose clock jumps to the next timer, so that no test waits for one."""

import asyncio
from typing import Any


class VirtualTime(asyncio.SelectorEventLoop):
    """Its `time` is in seconds since its beginning."""

    def __init__(self) -> None:
        super().__init__()
        self._virtual = 0.0

    def time(self) -> float:
        return self._virtual

    def _run_once(self) -> None:
        loop: Any = self
        timers = [each.when() for each in loop._scheduled if not each.cancelled()]
        if timers and not loop._ready:
            # No clock stands still, not even where a timer is too near to be told from now.
            self._virtual = max(self._virtual, min(timers)) + 1e-6
        super()._run_once()  # type: ignore[misc]

    def pass_by(self, seconds: float) -> None:
        """Let everything happen that happens within so many seconds."""
        self.run_until_complete(asyncio.sleep(seconds))

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
        if not loop._ready and loop._scheduled:
            self._virtual = max(self._virtual, loop._scheduled[0].when())
        super()._run_once()  # type: ignore[misc]

    def pass_by(self, seconds: float) -> None:
        """Let everything happen that happens within so many seconds."""
        self.run_until_complete(asyncio.sleep(seconds))

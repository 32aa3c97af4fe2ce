"""Processes that a test starts, and ends or freezes as an operator never would."""

import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

STOP_TIMEOUT_S = 30


class Process:
    """A process with its standard output in a file; it can be started again after its end."""

    def __init__(
        self,
        command: Sequence[str],
        folder: Path,
        log: Path,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._command = command
        self._folder = folder
        self._log = log
        self._environment = environment
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command,
                cwd=self._folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """End it at once, as a machine that loses its power."""
        self._signal(signal.SIGKILL)
        self._ended()

    def freeze(self) -> None:
        """Stop it in the middle of whatever it does; its connections stay open."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on, as if no time had passed."""
        self._signal(signal.SIGCONT)

    def mend(self) -> None:
        """Make it run, whatever was done to it."""
        if self.running:
            self.thaw()
        else:
            self.start()

    def stop(self) -> None:
        """End it as an operator does; by force if it does not listen. May be called again."""
        if self.running:
            self.thaw()
            self._signal(signal.SIGTERM)
            try:
                self._ended()
            except subprocess.TimeoutExpired:
                self.kill()

    def _signal(self, number: int) -> None:
        assert self._process, "start() first"
        os.kill(self._process.pid, number)

    def _ended(self) -> None:
        assert self._process, "start() first"
        self._process.wait(STOP_TIMEOUT_S)

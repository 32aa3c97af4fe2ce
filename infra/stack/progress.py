"""What the person at the terminal sees while the hall starts and stops."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar


class ConsoleProgress:
    """Steps with their duration, and bars for downloads, on standard error."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(stderr=True, highlight=False)

    def say(self, text: str) -> None:
        """Print one line."""
        self._console.print(text, markup=False, soft_wrap=True)

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Show that something goes on, and afterwards how long it took."""
        started = time.monotonic()
        with self._console.status(f"{text} …"):
            yield
        self.say(f"  ✓ {text} ({time.monotonic() - started:.1f} s)")

    @contextmanager
    def bar(self, text: str, total: int) -> Iterator[Callable[[], None]]:
        """Show a bar that the yielded function moves by one."""
        columns = TextColumn("  {task.description}"), BarColumn(), MofNCompleteColumn()
        with Bar(*columns, TimeRemainingColumn(), console=self._console) as bar:
            task = bar.add_task(text, total=total)
            yield lambda: bar.advance(task)

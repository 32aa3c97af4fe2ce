"""What is told to those who listen at this moment, in memory."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager


class FakeListening:
    """Implements `services.Listening`, and tells."""

    def __init__(self) -> None:
        self._hear: list[tuple[str, Callable[[str], None]]] = []

    @property
    def channels(self) -> set[str]:
        return {channel for channel, _ in self._hear}

    @contextmanager
    def heard(self, channels: Iterable[str], hear: Callable[[str], None]) -> Iterator[None]:
        added = [(channel, hear) for channel in channels]
        self._hear += added
        try:
            yield
        finally:
            for each in added:
                self._hear.remove(each)

    def tell(self, channel: str, payload: str) -> int:
        """How many heard it."""
        told = [hear for named, hear in self._hear if named == channel]
        for hear in told:
            hear(payload)
        return len(told)

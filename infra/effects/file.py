"""Lines of JSON at the end of a file, which is rotated when it is large."""

import asyncio
import fcntl
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from application.effects.ports import Effect
from application.ports.deliveries import Delivery
from domain.effects.actions import FileLine
from infra.effects.posting import PATIENCE_S

ROTATED_BYTES = 64 * 1024 * 1024
"""A file that is as large begins anew with the next line."""

KEPT_FILES = 16
"""Files that were rotated, beside the one that is written; older ones are removed."""

TAIL_BYTES = 1024 * 1024
"""From the end, in which a line is looked for that was written before."""


MOST_KNOWN = 50_000
"""Ids that are remembered of what was written."""


class _Named(msgspec.Struct):
    id: str


class _End(NamedTuple):
    """Where a file ended when it was left; another process may have written since."""

    inode: int
    size: int


class FileLines:
    """Implements `effects.ports.Adapter` for `FileLine`; any number of processes may write.

    Guarantee: at least once, on the disk; and once, as far as a repetition comes while its first
    line is in the last `TAIL_BYTES`, those of rotated files included. Accepted is a line that was
    flushed. What a killed writer has left of a line is cut off before the next is written, so every
    line is whole. Unknown is what the disk did not confirm. Nobody but the hall writes the files.
    """

    def __init__(
        self,
        folder: Path,
        seconds: float = PATIENCE_S,
        rotated_bytes: int = ROTATED_BYTES,
        tail_bytes: int = TAIL_BYTES,
    ) -> None:
        self._folder = folder
        self._seconds = seconds
        self._rotated_bytes = rotated_bytes
        self._tail_bytes = tail_bytes
        self._files: dict[str, _File] = {}

    async def perform(self, effect: Effect) -> Delivery:
        """See the port."""
        action = effect.action
        assert isinstance(action, FileLine)
        try:
            async with asyncio.timeout(self._seconds):
                return await self._file(action.file).append(effect)
        except TimeoutError:
            return Delivery("unknown", f"not written within {self._seconds:g} s", again=True)

    async def close(self) -> None:
        """See the port."""

    def _file(self, name: str) -> "_File":
        if name not in self._files:
            path = self._folder / f"{name}.ndjson"
            self._files[name] = _File(path, self._rotated_bytes, self._tail_bytes)
        return self._files[name]


Waiting = tuple[Effect, "asyncio.Future[Delivery]"]


class _File:
    """One file: what comes while it is written is written at once, with one flush for all."""

    def __init__(self, path: Path, rotated_bytes: int, tail_bytes: int) -> None:
        self._path = path
        self._rotated_bytes = rotated_bytes
        self._tail_bytes = tail_bytes
        self._waiting: list[Waiting] = []
        self._writing: asyncio.Task[None] | None = None
        self._end: _End | None = None
        self._known: set[str] = set()

    async def append(self, effect: Effect) -> Delivery:
        written = asyncio.get_running_loop().create_future()
        self._waiting.append((effect, written))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        delivery: Delivery = await written
        return delivery

    async def _write_all(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            effects = [effect for effect, _ in batch]
            delivery = await asyncio.to_thread(self._write, effects)
            for _, written in batch:
                if not written.done():
                    written.set_result(delivery)

    def _write(self, effects: Sequence[Effect]) -> Delivery:
        try:
            self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _held(self._path.with_suffix(".lock")):
                self._look()
                return self._append(effects)
        except OSError as error:
            self._end = None
            return Delivery("rejected", f"the file cannot be written ({_name(error)})", again=True)

    def _look(self) -> None:
        """Learn what stands at the end, where somebody else may have written; mend what is torn."""
        if self._end is not None and _end_of(self._path) == self._end:
            return
        tail = _tail(self._path, self._tail_bytes)
        if torn := len(tail) - (tail.rfind(b"\n") + 1):
            os.truncate(self._path, self._path.stat().st_size - torn)
            tail = tail[:-torn]
        for number in range(1, KEPT_FILES + 1):
            if len(tail) < self._tail_bytes:
                tail = _tail(_rotated(self._path, number), self._tail_bytes - len(tail)) + tail
        self._known = set(_ids(tail.splitlines()))

    def _append(self, effects: Sequence[Effect]) -> Delivery:
        new = {each.id: each.event.replace(b"\n", b" ") + b"\n" for each in effects}
        lines = b"".join(line for id, line in new.items() if id not in self._known)
        if not lines:
            return Delivery("accepted")
        before = self._size()
        if before and before + len(lines) > self._rotated_bytes:
            _rotate(self._path)
            before = 0
        with self._path.open("ab", buffering=0) as file:
            try:
                _write_whole(file.fileno(), lines)
            except OSError as error:
                self._end = None
                return _cut_off(file.fileno(), before, error)
            if (failed := _flush(file.fileno())) is not None:
                self._end = None
                return failed
        if not before:
            _flush_folder(self._path.parent)
        self._known |= new.keys()
        # What is no longer in the tail is forgotten by looking at it anew.
        self._end = _end_of(self._path) if len(self._known) < MOST_KNOWN else None
        return Delivery("accepted")

    def _size(self) -> int:
        end = _end_of(self._path)
        return 0 if end is None else end.size


@contextmanager
def _held(path: Path) -> Iterator[None]:
    """Within the block, no other process or thread has it."""
    with path.open("ab") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _end_of(path: Path) -> _End | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return _End(found.st_ino, found.st_size)


def _tail(path: Path, length: int) -> bytes:
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - length))
            return file.read()
    except FileNotFoundError:
        return b""


def _ids(lines: Sequence[bytes]) -> Iterator[str]:
    """The ids of lines; the first may lack its beginning, and somebody may have written by hand."""
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=_Named).id
        except (msgspec.DecodeError, ValueError, RecursionError):
            continue


def _write_whole(descriptor: int, lines: bytes) -> None:
    left = memoryview(lines)
    while left:
        left = left[os.write(descriptor, left) :]


def _flush(descriptor: int) -> Delivery | None:
    """Have it on the disk; what became of it where the disk does not say so, which it may be."""
    try:
        os.fsync(descriptor)
    except OSError as error:
        return Delivery("unknown", f"the disk does not confirm it ({_name(error)})", again=True)
    return None


def _cut_off(descriptor: int, before: int, error: OSError) -> Delivery:
    """Take back what was written of lines; where that fails too, some may be there."""
    try:
        os.ftruncate(descriptor, before)
    except OSError as worse:
        return Delivery("unknown", f"the file is not as it was ({_name(worse)})", again=True)
    return Delivery("rejected", f"the file cannot be written ({_name(error)})", again=True)


def _flush_folder(folder: Path) -> None:
    """Have the name of a new file on the disk."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _rotated(path: Path, number: int) -> Path:
    return path.with_suffix(f".{number}.ndjson")


def _rotate(path: Path) -> None:
    """Give each file the next number, the last of them up, and begin anew."""
    for number in range(KEPT_FILES - 1, 0, -1):
        if _rotated(path, number).exists():
            _rotated(path, number).replace(_rotated(path, number + 1))
    path.replace(_rotated(path, 1))


def _name(error: OSError) -> str:
    """What it is called; the rest names a path."""
    return os.strerror(error.errno) if error.errno else type(error).__name__

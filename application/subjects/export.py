"""All that is known of somebody as one archive, which is written piece by piece."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

import msgspec

from application.ports.people import Knowledge

PIECE_BYTES = 256 * 1024
"""After so many an archive in the making is handed on."""

INDEX = "index.json"
READ_ME = """\
This is what the hall knows of {user_id}, as of {at}.

Each file has an object of JSON on each line. index.json says what each file holds, how many
lines it has, and what an erasure would do to it. Other people stand in here by their ids only.
"""


class WrittenFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of the archive."""

    file: str
    lines: int
    holds: str
    an_erasure_forgets: str
    an_erasure_leaves: str


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """The last file, which says that the archive is whole."""

    user_id: str
    at: datetime
    files: list[WrittenFile]


class _Tube:
    """What an archive takes for a file: it goes in at one end, and is taken out at the other."""

    def __init__(self) -> None:
        self._held = bytearray()
        self._gone_bytes = 0

    def write(self, piece: bytes) -> int:
        self._held += piece
        return len(piece)

    def tell(self) -> int:
        return self._gone_bytes + len(self._held)

    def flush(self) -> None:
        """Nothing is held back."""

    @property
    def size_bytes(self) -> int:
        return len(self._held)

    def taken(self) -> bytes:
        piece = bytes(self._held)
        self._gone_bytes += len(piece)
        self._held.clear()
        return piece


async def archive_of(
    families: Sequence[Knowledge], user_id: str, at: datetime
) -> AsyncGenerator[bytes]:
    """The archive of somebody in pieces, of which little more than one is held at a time.

    Raises `Unavailable`.
    """
    tube = _Tube()
    files: list[WrittenFile] = []
    told = [family for family in families if family.holds]
    with ZipFile(tube, "w") as archive:  # type: ignore[call-overload]
        archive.writestr(_entry("README.txt", at), READ_ME.format(user_id=user_id, at=at))
        for family in told:
            file, lines = f"{family.name}.ndjson", 0
            with archive.open(_entry(file, at), "w") as entry:
                async for record in family.records(user_id):
                    entry.write(msgspec.json.encode(record) + b"\n")
                    lines += 1
                    if tube.size_bytes > PIECE_BYTES:
                        yield tube.taken()
            files.append(_written(family, file, lines))
        contents = Contents(user_id=user_id, at=at, files=files)
        archive.writestr(_entry(INDEX, at), msgspec.json.format(msgspec.json.encode(contents)))
    yield tube.taken()


def _entry(name: str, at: datetime) -> ZipInfo:
    entry = ZipInfo(name, at.timetuple()[:6])
    entry.compress_type = ZIP_DEFLATED
    return entry


def _written(family: Knowledge, file: str, lines: int) -> WrittenFile:
    return WrittenFile(
        file=file,
        lines=lines,
        holds=family.holds,
        an_erasure_forgets=family.forgets,
        an_erasure_leaves=family.stays,
    )

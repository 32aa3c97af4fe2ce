"""Lines in files: whole, once, on the disk, whoever is killed while writing."""

import asyncio
import errno
import os
import random
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from application.effects.ports import Effect
from domain.effects.actions import FileLine
from infra.effects import file as module
from infra.effects.file import FileLines
from tests.effects.given import an_effect

JOINED = FileLine(file="joined")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "effects"


def ids_in(path: Path) -> list[str]:
    return [msgspec.json.decode(line)["id"] for line in path.read_bytes().splitlines()]


def all_ids(folder: Path) -> list[str]:
    """The ids of all files that there are, of the first written first."""

    def age(path: Path) -> int:
        middle = path.name.removesuffix(".ndjson").rpartition(".")[2]
        return -int(middle) if middle.isdigit() else 0

    return [id for path in sorted(folder.glob("*.ndjson"), key=age) for id in ids_in(path)]


def sizes_in(folder: Path) -> list[int]:
    return [path.stat().st_size for path in folder.glob("*.ndjson")]


def effects(count: int, begin: int = 0) -> Iterator[Effect]:
    return (an_effect(JOINED, seq) for seq in range(begin, begin + count))


async def test_lines_stand_in_order_each_whole(folder: Path) -> None:
    wanted = list(effects(200))
    lines = FileLines(folder)
    told = await asyncio.gather(*map(lines.perform, wanted))
    assert {each.outcome for each in told} == {"accepted"}
    assert (folder / "joined.ndjson").read_bytes() == b"".join(e.event + b"\n" for e in wanted)


@pytest.mark.parametrize("line", [b'{"id": "\xff"}', b'{"x": ' + b"[" * 60_000, b'{"id": 3}'])
async def test_what_somebody_has_written_by_hand_stops_nobody(folder: Path, line: bytes) -> None:
    await asyncio.to_thread(folder.mkdir)
    (folder / "joined.ndjson").write_bytes(line + b"\n")
    (effect,) = effects(1)
    assert (await FileLines(folder).perform(effect)).outcome == "accepted"
    assert (await FileLines(folder).perform(effect)).outcome == "accepted"
    assert (folder / "joined.ndjson").read_bytes().count(effect.event) == 1


async def test_those_that_wait_at_once_are_flushed_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[int] = []
    monkeypatch.setattr(os, "fsync", flushed.append)
    await asyncio.gather(*map(FileLines(folder).perform, effects(200)))
    assert len(flushed) <= 4


async def test_a_repetition_is_known_by_whoever_writes(folder: Path) -> None:
    for adapter in (lines := FileLines(folder), lines, FileLines(folder)):
        assert (await adapter.perform(an_effect(JOINED))).outcome == "accepted"
    assert len(ids_in(folder / "joined.ndjson")) == 1


async def test_a_repetition_is_known_behind_what_somebody_else_has_written(folder: Path) -> None:
    mine, other = FileLines(folder), FileLines(folder)
    await asyncio.gather(*map(mine.perform, effects(5)))
    await asyncio.gather(*map(other.perform, effects(5, 3)))
    await asyncio.gather(*map(mine.perform, effects(10)))
    assert sorted(ids_in(folder / "joined.ndjson")) == sorted(each.id for each in effects(10))


async def test_a_repetition_is_known_only_near_the_end(folder: Path) -> None:
    length = len(an_effect(JOINED).event) + 1
    await asyncio.gather(*map(FileLines(folder).perform, effects(100)))
    again = FileLines(folder, tail_bytes=10 * length)
    for seq in (0, 99):
        assert (await again.perform(an_effect(JOINED, seq))).outcome == "accepted"
    ids = ids_in(folder / "joined.ndjson")
    assert ids.count(an_effect(JOINED, 0).id) == 2, "it is beyond what is looked at"
    assert ids.count(an_effect(JOINED, 99).id) == 1


async def test_a_line_that_was_torn_is_cut_off_and_written_again(folder: Path) -> None:
    wanted = list(effects(3))
    await asyncio.gather(*map(FileLines(folder).perform, wanted[:2]))
    path = folder / "joined.ndjson"
    whole = path.read_bytes()
    for left in range(1, len(wanted[2].event) + 1):
        path.write_bytes(whole + wanted[2].event[:left])
        await FileLines(folder).perform(wanted[2])
        assert path.read_bytes() == whole + wanted[2].event + b"\n", left


async def test_a_large_file_begins_anew_and_nothing_is_lost(folder: Path) -> None:
    length = len(an_effect(JOINED).event) + 1
    lines = FileLines(folder, rotated_bytes=10 * length + 50)
    wanted = list(effects(75))
    for each in wanted:
        await lines.perform(each)
    sizes = sizes_in(folder)
    assert len(sizes) == 8
    assert max(sizes) <= 10 * length + 50
    assert all_ids(folder) == [each.id for each in wanted]
    await FileLines(folder, rotated_bytes=10 * length + 50).perform(wanted[69])
    assert len(all_ids(folder)) == 75, "also in the file before this one"


async def test_the_oldest_of_many_files_is_removed(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "KEPT_FILES", 3)
    lines = FileLines(folder, rotated_bytes=1)
    for each in effects(10):
        await lines.perform(each)
    assert all_ids(folder) == [each.id for each in effects(4, 6)]


async def test_a_disk_that_is_full_takes_nothing_and_then_goes_on(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = FileLines(folder)
    await lines.perform(an_effect(JOINED, 0))
    write = os.write

    def full(descriptor: int, given: memoryview) -> int:
        if len(given) < 50:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/a/path")
        return write(descriptor, given[: len(given) // 2])

    with monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        delivery = await lines.perform(an_effect(JOINED, 1))
    assert (delivery.outcome, delivery.again) == ("rejected", True)
    assert "path" not in delivery.reason
    assert len(ids_in(folder / "joined.ndjson")) == 1
    await lines.perform(an_effect(JOINED, 1))
    assert len(ids_in(folder / "joined.ndjson")) == 2


async def test_what_the_disk_does_not_confirm_is_unknown(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = FileLines(folder)

    def broken(_: int) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", broken)
        delivery = await lines.perform(an_effect(JOINED))
    assert (delivery.outcome, delivery.again) == ("unknown", True)
    assert (await lines.perform(an_effect(JOINED))).outcome == "accepted"
    assert len(ids_in(folder / "joined.ndjson")) == 1


async def test_two_never_write_at_once(folder: Path) -> None:
    await FileLines(folder).perform(an_effect(JOINED, 0))
    with module._held(folder / "joined.lock"):
        delivery = await FileLines(folder, seconds=0.1).perform(an_effect(JOINED, 1))
        assert (delivery.outcome, delivery.again) == ("unknown", True)
        assert len(ids_in(folder / "joined.ndjson")) == 1
    assert (await FileLines(folder).perform(an_effect(JOINED, 1))).outcome == "accepted"
    assert len(ids_in(folder / "joined.ndjson")) == 2


def test_a_folder_that_cannot_be_made_is_said_to_be(folder: Path) -> None:
    folder.write_text("a file")
    delivery = asyncio.run(FileLines(folder).perform(an_effect(JOINED)))
    assert (delivery.outcome, delivery.again) == ("rejected", True)
    assert str(folder) not in delivery.reason


WRITER = """
    import asyncio, sys
    from pathlib import Path
    from infra.effects.file import FileLines
    from tests.effects.adapters.test_files import effects

    async def main():
        lines = FileLines(Path(sys.argv[1]), rotated_bytes=40_000)
        for each in effects(int(sys.argv[3]), int(sys.argv[2])):
            assert (await lines.perform(each)).outcome == "accepted"
            print(each.id, flush=True)

    asyncio.run(main())
"""


def a_writer(folder: Path, begin: int, count: int) -> subprocess.Popen[str]:
    """A process of its own, which says what was accepted."""
    program = [sys.executable, "-c", textwrap.dedent(WRITER), str(folder), str(begin), str(count)]
    return subprocess.Popen(
        program, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[3]
    )


def test_several_writers_that_are_killed_leave_whole_lines_and_all_that_was_accepted(
    folder: Path,
) -> None:
    chance = random.Random(16)
    accepted: list[str] = []
    for round in range(3):
        writers = [a_writer(folder, 1_000 * n + 20 * round, 1_000) for n in range(2)]
        for writer in writers:
            assert writer.stdout is not None
            lines = chance.randint(3, 20)
            accepted += [writer.stdout.readline().strip() for _ in range(lines)]
            writer.kill()
            accepted += writer.communicate()[0].split()
    written = all_ids(folder) if (folder / "joined.ndjson").read_bytes().endswith(b"\n") else []
    asyncio.run(FileLines(folder).perform(an_effect(JOINED, 9_999)))
    written = written or all_ids(folder)
    assert set(accepted) <= set(written)
    assert len(written) == len(set(written))

"""An operator lets a consumer pass over what it cannot take."""

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from application.ports.reading import Batch, Checkpoint
from application.skipping import SkippingReader
from domain.events import Metadata, Position, Recorded
from domain.operations import consumer
from domain.operations.consumer import (
    Consumer,
    ConsumerView,
    PositionSkipped,
    SkipPosition,
    TooManySkipped,
)
from domain.snapshot import Snapshot
from projections.waitroom import WAITROOM
from tests.conftest import Hall
from tests.people import client_of, eventually, open_room

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
POSITION = "waitroom-log/3@17"


def skip(position: str = POSITION, reason: str = "too deep") -> SkipPosition:
    return SkipPosition(consumer="waitroom", position=position, reason=reason)


def test_a_position_is_passed_over_once_and_for_all() -> None:
    waitroom = Consumer("waitroom")
    first, again = (waitroom.decide(skip(reason=why), NOW) for why in ("too deep", "again"))

    (event,) = waitroom.collect_events()
    assert isinstance(event, PositionSkipped)
    assert (event.position, event.reason) == (POSITION, "too deep")
    assert first == again == ConsumerView(consumer="waitroom", skipped={POSITION: "too deep"})


def test_a_consumer_that_passes_over_everything_has_to_be_mended(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(consumer, "MOST_SKIPPED", 2)
    waitroom = Consumer("waitroom")
    for seq in range(2):
        waitroom.decide(skip(f"waitroom-log/3@{seq}"), NOW)

    with pytest.raises(TooManySkipped, match="mend the consumer"):
        waitroom.decide(skip("waitroom-log/3@2"), NOW)
    waitroom.decide(skip("waitroom-log/3@0"), NOW)


def test_a_consumer_comes_back_from_its_snapshot() -> None:
    waitroom = Consumer("waitroom")
    waitroom.decide(skip(), NOW)
    back = Consumer.restore(Snapshot("waitroom", 1, waitroom.state()))

    assert (back.view, back.version) == (waitroom.view, 1)


class Reader:
    """Three events of one shard, in one batch."""

    def __init__(self) -> None:
        self.acknowledged: list[Checkpoint] = []
        self.acknowledge = self.acknowledged.extend
        self.start = self.take_up = lambda _: None
        self.close: Callable[[], None] = lambda: None

    def read(self, limit: int, timeout: float) -> Batch:
        return Batch([recorded(seq) for seq in (16, 17, 18)], self.checkpoints())

    def held(self) -> list[tuple[str, int]]:
        return [("waitroom-log", 3)]

    def checkpoints(self) -> list[Checkpoint]:
        return [Checkpoint("waitroom-log", 3, 40, 1, "api", 19)]

    def ends(self) -> dict[tuple[str, int], int]:
        return {("waitroom-log", 3): 40}


def recorded(seq: int) -> Recorded:
    event = PositionSkipped(
        originator_id="any", originator_version=1, timestamp=NOW, position=POSITION, reason="any"
    )
    return Recorded(event, Position("waitroom-log", 3, seq), "c", Metadata())


def test_what_is_passed_over_is_not_read_and_the_position_moves_past_it() -> None:
    elsewhere = Position("waitroom-log", 4, 16)
    reader = SkippingReader(Reader(), {Position.parse(POSITION), elsewhere})
    batch = reader.read(10, 0)

    assert [each.position.seq for each in batch.events] == [16, 18]
    assert list(batch.checkpoints) == reader.checkpoints()
    assert reader.ends() == {("waitroom-log", 3): 40}


async def test_what_an_operator_skips_is_not_there_for_a_rebuild(hall: Hall) -> None:
    async with client_of(hall) as client:
        kept, passed_over = [await open_room(client, hall) for _ in range(2)]

        async def seen(room: str) -> int:
            path = f"/api/v1/waitroom/{room}"
            return (await client.get(path, headers=hall.service())).status_code

        await eventually(lambda: seen(passed_over), lambda status: status == 200)
        history = f"/api/v1/history/waitroom/{passed_over}"
        past = (await client.get(history, headers=hall.service())).json()
        position, skip = past["position"], ("consumers", "skip", WAITROOM.name)

        told = hall.command(*skip, position, "--reason", "a trial", "--dry-run")
        assert "waitroom.opened.v1" in told.stdout, told.stderr
        assert "would pass over" in told.stdout
        assert position not in hall.command("consumers", "skipped", WAITROOM.name).stdout

        told = hall.command(*skip, position, "--reason", "a trial", "--by", "ops")
        assert "passes over this" in told.stdout, told.stderr
        listed = hall.command("consumers", "skipped", WAITROOM.name, "--json").stdout
        assert '"by":"ops"' in listed
        assert position in listed

        assert hall.command("projections", "rebuild", WAITROOM.name).returncode == 0
        assert (await seen(passed_over), await seen(kept)) == (404, 200)


@pytest.mark.parametrize(
    ("position", "said"),
    [
        ("nowhere", "is not a position"),
        ("waitroom-log/0@999999999", "There is no event at waitroom-log/0@999999999."),
        ("QUEUE_READY/0@999999999", "There is no record at QUEUE_READY/0@999999999."),
    ],
)
def test_a_position_where_nothing_is_cannot_be_skipped(
    hall: Hall, position: str, said: str
) -> None:
    told = hall.command("consumers", "skip", "checkout", position, "--reason", "a typo")

    assert told.returncode != 0
    assert said in told.stderr

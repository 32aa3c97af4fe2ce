"""Whom nobody sees, as the worker finds out from what API processes say; on a clock of our own."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import pytest
import redis
from redis.asyncio import Redis

from application.envelopes import VerdictMessage
from application.ports.commands import Envelope
from application.waitroom.presence import Sightings
from domain.aggregate import Command
from domain.refusals import Refusal
from domain.waitroom.absence import DropAbsentee, RequirePresence, TellAbsentee
from domain.waitroom.commands import JoinWaitroom, LeaveWaitroom, OpenWaitroom, RedeemPass
from infra import presence
from infra.commands_client import ApiAway
from infra.presence import PresenceWatch, SeenTeller
from tests.conftest import Hall
from tests.given import at
from tests.projections.conftest import Build
from tests.projections.living import live
from tests.projections.story import Narrator

T = 60
STEP_S = 3
CLOCK = "local now = redis.call('GET', 'clock')\n"


@dataclass
class World:
    """A room, who looks where they stand, and the worker that looks who does not."""

    client: "redis.Redis"
    other: Redis
    tellers: list[SeenTeller]
    seen: Sightings
    narrator: Narrator
    build: Build
    now: float = 1_000_000.0
    sent: list[Command] = field(default_factory=list)
    reachable: bool = True
    away: bool = False

    def __post_init__(self) -> None:
        self.watch = PresenceWatch(self.client, self.execute, lambda: self.reachable)

    def execute(self, envelopes: Sequence[Envelope]) -> list[VerdictMessage]:
        if self.away:
            raise ApiAway("nobody answers")
        for envelope in envelopes:
            self.sent.append(envelope.command)
            try:
                self.narrator.tell(envelope.command, now=at(self.now - 1_000_000))
            except Refusal as refusal:
                raise AssertionError(f"{envelope.command}: {refusal}") from refusal
        return []

    def tell(self, *commands: Command) -> None:
        self.narrator.tell(*commands, now=at(self.now - 1_000_000))
        live(self.build("waitroom"))

    def open(self, guests: int, *, redeems: bool = False) -> None:
        self.tell(
            OpenWaitroom(event_id="r", capacity=1, checkout_seconds=3_600),
            RequirePresence(event_id="r", absent_seconds=T, redeems=redeems, by="olga"),
            *(
                JoinWaitroom(event_id="r", user_id=f"u{guest}", session_id=f"s{guest}")
                for guest in range(guests)
            ),
        )

    async def wait(self, seconds: float, *there: str, beating: bool = True) -> None:
        """So much time goes by, in which these sessions are looked at again and again."""
        end = self.now + seconds
        while self.now < end:
            self.now += STEP_S
            self.client.set("clock", f"{self.now:.6f}")
            for session in there:
                self.seen.note("r", session)
            if beating:
                for teller in self.tellers:
                    await teller.tell()
            self.watch.step()
            live(self.build("waitroom"))

    def told(self) -> set[str]:
        return {each.session_id for each in self.sent if isinstance(each, TellAbsentee)}

    def dropped(self) -> set[str]:
        return {each.session_id for each in self.sent if isinstance(each, DropAbsentee)}


@pytest.fixture
async def world(
    empty: Hall, narrator: Narrator, read_model: Build, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    for script in ("SAY", "BEAT", "STAND", "LOOK"):
        text = getattr(presence, script)
        monkeypatch.setattr(presence, script, text.replace(presence.NOW, CLOCK))
        assert getattr(presence, script) != text
    with redis.Redis.from_url(empty.redis, decode_responses=True) as client:
        async with Redis.from_url(empty.redis, decode_responses=True) as other:
            seen = Sightings()
            yield World(client, other, [SeenTeller(other, seen)], seen, narrator, read_model)


async def test_who_is_not_seen_is_told_and_then_dropped(world: World) -> None:
    world.open(4)
    await world.wait(T - STEP_S, "s1", "s2")
    assert world.told() == set()
    await world.wait(3 * STEP_S, "s1", "s2")
    assert world.told() == {"s3"}
    await world.wait(T - 3 * STEP_S, "s1", "s2")
    assert world.dropped() == set()
    await world.wait(3 * STEP_S, "s1", "s2")
    assert world.dropped() == {"s3"}
    await world.wait(2 * T, "s1", "s2")
    assert (world.told(), world.dropped()) == ({"s3"}, {"s3"}), "nor the one who is admitted"


async def test_who_was_seen_and_is_not_told_of_yet_is_not_missed(world: World) -> None:
    world.open(2)
    await world.wait(3 * STEP_S, "s1")
    await world.wait(T - STEP_S)
    world.seen.note("r", "s1")
    world.now += STEP_S
    world.client.set("clock", f"{world.now:.6f}")
    world.watch.step()  # before the API process tells
    await world.wait(STEP_S)
    assert world.told() == set()


async def test_who_comes_back_in_time_keeps_the_place_and_is_told_anew(world: World) -> None:
    world.open(3)
    await world.wait(T + 3 * STEP_S, "s1")
    assert world.told() == {"s2"}
    await world.wait(2 * T, "s1", "s2")
    assert world.dropped() == set()
    await world.wait(2 * T + 6 * STEP_S, "s1")
    assert world.dropped() == {"s2"}
    assert [type(each).__name__ for each in world.sent] == [
        *("TellAbsentee", "NoteReturn", "TellAbsentee", "DropAbsentee")
    ]


async def test_nobody_loses_a_place_by_a_redis_that_was_emptied(world: World) -> None:
    world.open(1_000)
    await world.wait(T - 2 * STEP_S, "s1")
    world.client.flushall()
    live(world.build("waitroom"))
    await world.wait(T - STEP_S, "s1")
    assert world.sent == []
    await world.wait(3 * STEP_S, "s1")
    assert "s1" not in world.told()
    assert len(world.told()) >= 500, "from then on absence counts anew"


@pytest.mark.parametrize("silent", ["the API is not reached", "the API says nothing"])
async def test_absence_does_not_count_while_the_api_is_away(world: World, silent: str) -> None:
    world.open(3)
    await world.wait(T - 2 * STEP_S)
    world.reachable = silent != "the API is not reached"
    await world.wait(4 * STEP_S, beating=world.reachable is False)
    world.reachable = True
    await world.wait(T - 2 * STEP_S)
    assert world.sent == []
    await world.wait(6 * STEP_S)
    assert world.told() == {"s1", "s2"}


async def test_absence_does_not_count_while_one_of_several_processes_says_nothing(
    world: World,
) -> None:
    other = SeenTeller(world.other, Sightings())
    world.open(3)
    world.client.set("clock", f"{world.now:.6f}")
    await other.tell()  # and answers people from then on, without a word of whom it sees
    await world.wait(presence.GONE_AFTER_S)
    assert world.sent == []
    await world.wait(T - 2 * STEP_S)
    assert world.sent == [], "it may have been alive until then"
    await world.wait(8 * STEP_S)
    assert world.told() == {"s1", "s2"}


async def test_a_process_that_ends_is_not_waited_for(world: World) -> None:
    other = SeenTeller(world.other, Sightings())
    world.open(3)
    world.tellers.append(other)
    await world.wait(T - 2 * STEP_S)
    world.tellers.remove(other)
    await other.leave()
    await world.wait(5 * STEP_S)
    assert world.told() == {"s1", "s2"}


async def test_absence_does_not_count_before_the_worker_looked(world: World) -> None:
    world.open(3)
    await world.wait(T - STEP_S)
    world.watch = PresenceWatch(world.client, world.execute, lambda: True)
    await world.wait(T - STEP_S)
    assert world.sent == []


async def test_an_api_that_does_not_decide_begins_the_time_anew(world: World) -> None:
    world.open(2)
    world.away = True
    await world.wait(T + 3 * STEP_S)
    world.away = False
    await world.wait(T - STEP_S)
    assert world.sent == []
    await world.wait(T)
    assert world.told() == {"s1"}


async def test_a_slot_that_nobody_comes_to_is_given_on_where_the_shop_redeems(world: World) -> None:
    world.open(2, redeems=True)
    await world.wait(2 * T + 6 * STEP_S, "s1")
    assert world.dropped() == {"s0"}
    world.tell(RedeemPass(event_id="r", session_id="s1"))
    await world.wait(3 * T)
    assert world.told() == {"s0"}


async def test_nothing_is_kept_for_ever_of_a_room(world: World) -> None:
    world.open(3)
    await world.wait(T + 3 * STEP_S, "s1")
    assert world.client.exists("presence:seen:r", "presence:told:r") == 2
    for key in ("presence:seen:r", "presence:told:r"):
        assert 0 < int(str(world.client.ttl(key))) <= presence.SEEN_KEPT_S


async def test_whom_nobody_can_miss_is_left_alone(world: World) -> None:
    world.open(3)
    world.tell(LeaveWaitroom(event_id="r", session_id="s1"))
    world.tell(RequirePresence(event_id="r", absent_seconds=None, by="olga"))
    await world.wait(3 * T)
    assert world.sent == []


async def test_what_was_seen_is_kept_until_it_is_told(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.open(1)
    world.seen.note("r", "s0")
    world.seen.note("elsewhere", "x")
    (teller,) = world.tellers

    async def away(**_: object) -> None:
        raise redis.ConnectionError

    with monkeypatch.context() as broken:
        broken.setattr(teller, "_say", away)
        with pytest.raises(redis.ConnectionError):
            await teller.tell()
    assert world.seen.by_room["r"] == {"s0"}
    world.client.set("clock", "1000000.0")
    await teller.tell()
    assert world.seen.by_room == {"r": set()}

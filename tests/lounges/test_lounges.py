"""A lounge: who comes, who may not, who decides about whom, and until when."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.categories import SOCIAL
from domain.events import DomainEvent
from domain.keys import MOST_KEY_CHARACTERS
from domain.lounges import moderated
from domain.lounges.commands import (
    LONGEST_SECONDS,
    MOST_PEOPLE,
    AppointModerator,
    BanPerson,
    CloseLounge,
    DismissModerator,
    EndVisit,
    InviteToLounge,
    JoinLounge,
    KickPerson,
    LeaveLounge,
    LookIntoLounge,
    LoungeCommand,
    MutePerson,
    OfLounge,
    SettleTile,
    UnbanPerson,
    UnmutePerson,
)
from domain.lounges.events import (
    LoungeClosed,
    LoungeJoined,
    LoungeLeft,
    LoungeOpened,
    ModeratorAppointed,
    ModeratorDismissed,
    PersonBanned,
    PersonInvited,
    PersonKicked,
    PersonMuted,
    PersonUnbanned,
    PersonUnmuted,
    TileSettled,
)
from domain.lounges.floor import Floor, FloorPlanMalformed, Tile
from domain.lounges.lounge import Lounge
from domain.lounges.moderated import KICK_SECONDS
from domain.lounges.names import lounge_key
from domain.lounges.refusals import (
    BarredFromLounge,
    LoungeFull,
    LoungeIdTaken,
    LoungeListFull,
    LoungeNotFound,
    LoungeOver,
    NotInLounge,
    NotInvited,
    NotYoursToDecide,
)
from domain.lounges.states import Inside
from domain.lounges.view import LoungeLook, LoungePerson, LoungeStander
from domain.refusals import Refusal
from tests.given import T0, at, given
from tests.lounges.given import (
    ADA,
    BOB,
    CYD,
    NAME,
    OWNER,
    PLAN,
    ROOM,
    a_lounge,
    by,
    invited,
    joined,
    moderating,
    opened,
)
from tests.snapshots import folds_the_same_from_any_snapshot

LOOK = LookIntoLounge(room_id=ROOM)
RECORD_BYTES = 1_000_000
"""That Kafka's client sends at most, unless somebody sets `message.max.bytes` otherwise."""


def walked(user: str, x: int, y: int, since: datetime = T0) -> LoungeCommand:
    return by(user, SettleTile, x=x, y=y, since=since)


def nobody_s() -> Lounge:
    return Lounge(lounge_key(ROOM))


def test_somebody_opens_a_lounge_once() -> None:
    story = given(nobody_s()).when(opened()).then(LoungeOpened)
    story.with_facts(owner=OWNER, name=NAME, capacity=3, access="public", plan=PLAN)
    story.when(opened()).refuses(LoungeIdTaken)


@pytest.mark.parametrize(
    "plan", ["xx\nxx", "00\n0", "\n".join(["0"] * 65), "0" * 65, "x" * 64 + "\n" + "x" * 64]
)
def test_a_plan_of_which_no_floor_can_be_made_is_refused(plan: str) -> None:
    given(nobody_s()).when(opened(plan=plan)).refuses(FloorPlanMalformed)


def test_who_comes_in_stands_at_the_door_and_is_counted() -> None:
    story = a_lounge().when(joined(ADA)).then(LoungeJoined)
    story.with_facts(user_id=ADA, x=2, y=0, players=1, entries=1)
    story.when(joined(ADA)).then()
    story.when(by(ADA, LeaveLounge)).then(LoungeLeft)
    story.with_facts(user_id=ADA, reason="left", players=0)
    story.when(by(ADA, LeaveLounge)).then()
    story.when(joined(ADA)).then(LoungeJoined).with_facts(players=1, entries=2)


def test_no_more_come_in_than_fit() -> None:
    story = a_lounge(joined(ADA), joined(BOB), joined(CYD)).when(joined("dan")).refuses(LoungeFull)
    story.when(by(BOB, LeaveLounge)).then(LoungeLeft)
    story.when(joined("dan")).then(LoungeJoined)


def test_by_invitation_only_who_is_invited_comes_in() -> None:
    story = a_lounge(access="invitation").when(joined(ADA)).refuses(NotInvited)
    story.when(invited(ADA)).then(PersonInvited).with_facts(user_id=ADA, by=OWNER)
    story.when(invited(ADA)).then()
    story.when(joined(ADA)).then(LoungeJoined)
    story.when(joined(OWNER)).then(LoungeJoined)
    story.when(moderating(BOB)).then(ModeratorAppointed)
    story.when(joined(BOB)).then(LoungeJoined)


def test_a_closed_lounge_is_empty_and_stays_so() -> None:
    story = a_lounge(joined(ADA), joined(BOB)).when(by(OWNER, CloseLounge))
    story.then(LoungeLeft, LoungeLeft, LoungeClosed)
    story.with_facts(0, user_id=ADA, reason="closed", players=1)
    story.with_facts(1, user_id=BOB, reason="closed", players=0)
    story.when(by(OWNER, CloseLounge)).then()
    story.when(by(ADA, LeaveLounge)).then()
    story.when(joined(ADA)).refuses(LoungeOver)
    assert story.aggregate.finished


@pytest.mark.parametrize("user", [ADA, BOB])
def test_only_who_has_opened_a_lounge_closes_it(user: str) -> None:
    a_lounge(joined(ADA), moderating(BOB)).when(by(user, CloseLounge)).refuses(NotYoursToDecide)


def test_who_is_kicked_is_out_at_once_and_may_come_back_later() -> None:
    story = a_lounge(joined(ADA)).when(by(OWNER, KickPerson, ADA)).then(PersonKicked, LoungeLeft)
    until = at(KICK_SECONDS)
    story.with_facts(user_id=ADA, by=OWNER, until=until).with_facts(1, reason="kicked", players=0)
    story.when(joined(ADA), now=until - timedelta(microseconds=1)).refuses(BarredFromLounge)
    story.when(by(OWNER, KickPerson, ADA)).refuses(NotInLounge)
    story.when(joined(ADA), now=until).then(LoungeJoined)


def test_who_is_banned_is_out_at_once_and_is_neither_invited_nor_a_moderator() -> None:
    story = a_lounge(invited(ADA), moderating(ADA), joined(ADA), access="invitation")
    story.when(by(OWNER, BanPerson, ADA, seconds=600)).then(PersonBanned, LoungeLeft)
    story.with_facts(user_id=ADA, by=OWNER, until=at(600)).with_facts(1, reason="banned")
    story.when(joined(ADA), now=at(599)).refuses(BarredFromLounge)
    story.when(invited(ADA), now=at(599)).refuses(BarredFromLounge)
    story.when(joined(ADA), now=at(600)).refuses(NotInvited)


def test_a_ban_is_lifted_and_holds_before_anybody_comes() -> None:
    story = a_lounge().when(by(OWNER, BanPerson, ADA, seconds=600)).then(PersonBanned)
    story.when(joined(ADA)).refuses(BarredFromLounge)
    story.when(by(OWNER, UnbanPerson, ADA)).then(PersonUnbanned)
    story.when(by(OWNER, UnbanPerson, ADA)).then()
    story.when(joined(ADA)).then(LoungeJoined)


def test_who_is_muted_is_so_until_then() -> None:
    story = a_lounge(joined(ADA)).when(by(OWNER, MutePerson, ADA, seconds=60)).then(PersonMuted)
    story.with_facts(user_id=ADA, by=OWNER, until=at(60))
    assert _person(story.when(joined(ADA), now=at(59)).reply).muted_until == at(60)
    assert _person(story.when(joined(ADA), now=at(60)).reply).muted_until is None
    story.when(by(OWNER, UnmutePerson, ADA), now=at(59)).then(PersonUnmuted)
    story.when(by(OWNER, UnmutePerson, ADA), now=at(59)).then()


def test_a_moderator_is_appointed_and_dismissed_by_the_owner() -> None:
    story = a_lounge().when(moderating(BOB)).then(ModeratorAppointed)
    story.with_facts(user_id=BOB, by=OWNER)
    story.when(moderating(BOB)).then()
    story.when(by(BOB, AppointModerator, CYD)).refuses(NotYoursToDecide)
    story.when(by(BOB, DismissModerator, BOB)).refuses(NotYoursToDecide)
    story.when(by(OWNER, DismissModerator, BOB)).then(ModeratorDismissed)
    story.when(by(OWNER, DismissModerator, BOB)).then()
    story.when(by(BOB, InviteToLounge, CYD)).refuses(NotYoursToDecide)


ABOUT: dict[type[LoungeCommand], dict[str, int]] = {
    MutePerson: {"seconds": 1},
    UnmutePerson: {},
    KickPerson: {},
    BanPerson: {"seconds": 1},
    UnbanPerson: {},
}


@pytest.mark.parametrize("kind", ABOUT)
@pytest.mark.parametrize(
    ("one", "other"), [(ADA, CYD), (BOB, OWNER), (BOB, "dan"), (BOB, BOB), (OWNER, OWNER)]
)
def test_nobody_decides_about_who_stands_as_high(
    kind: type[LoungeCommand], one: str, other: str
) -> None:
    story = a_lounge(moderating(BOB), moderating("dan"), joined(ADA), joined(CYD))
    story.when(by(one, kind, other, **ABOUT[kind])).refuses(NotYoursToDecide)


def test_a_moderator_decides_about_others() -> None:
    story = a_lounge(moderating(BOB), joined(ADA))
    story.when(by(BOB, KickPerson, ADA)).then(PersonKicked, LoungeLeft).with_facts(by=BOB)
    story.when(by(BOB, InviteToLounge, CYD)).then(PersonInvited)


@pytest.mark.parametrize(
    ("kind", "facts", "first"),
    [
        (InviteToLounge, {}, PersonInvited),
        (MutePerson, {"seconds": 9}, PersonMuted),
        (BanPerson, {"seconds": 9}, PersonBanned),
        (AppointModerator, {}, ModeratorAppointed),
    ],
)
def test_there_is_an_end_to_every_list(
    kind: type[LoungeCommand],
    facts: dict[str, int],
    first: type[DomainEvent],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(moderated, "MOST_LISTED", 1)
    monkeypatch.setattr(moderated, "MOST_MODERATORS", 1)
    story = a_lounge().when(by(OWNER, kind, ADA, **facts)).then(first)
    story.when(by(OWNER, kind, BOB, **facts)).refuses(LoungeListFull)
    if "seconds" in facts:
        story.when(by(OWNER, kind, BOB, **facts), now=at(9)).then(first)


def test_a_list_that_is_full_has_room_for_who_is_on_it_and_for_who_is_kicked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(moderated, "MOST_LISTED", 1)
    monkeypatch.setattr(moderated, "MOST_BARRED", 2)
    story = a_lounge(joined(BOB), by(OWNER, BanPerson, ADA, seconds=9))
    story.when(by(OWNER, BanPerson, ADA, seconds=99)).then(PersonBanned)
    story.when(by(OWNER, BanPerson, CYD, seconds=9)).refuses(LoungeListFull)
    story.when(by(OWNER, KickPerson, BOB)).then(PersonKicked, LoungeLeft)


def test_the_fullest_lounge_is_within_a_record_of_kafka() -> None:
    ids = ["\U00020000" * (MOST_KEY_CHARACTERS - 4) + f"{number:04}" for number in range(400)]
    lists = moderated.MOST_LISTED
    lounge = a_lounge().aggregate
    assert isinstance(lounge, Lounge)
    state = msgspec.structs.replace(
        lounge.state(),
        inside={each: Inside(since=T0, x=63, y=63) for each in ids[:MOST_PEOPLE]},
        moderators=ids[: moderated.MOST_MODERATORS],
        invited=ids[:lists],
        muted=dict.fromkeys(ids[:lists], T0),
        barred=dict.fromkeys(ids[: moderated.MOST_BARRED], T0),
    )
    assert len(msgspec.json.encode(state)) < RECORD_BYTES


def test_nothing_is_kept_of_who_was_what_in_a_closed_lounge() -> None:
    story = a_lounge(moderating(BOB), invited(ADA), by(OWNER, BanPerson, CYD, seconds=9))
    story.when(by(OWNER, CloseLounge)).then(LoungeClosed)
    assert isinstance(story.aggregate, Lounge)
    state = story.aggregate.state()
    assert [*state.moderators, *state.invited, *state.muted, *state.barred] == []
    story.when(by(ADA, CloseLounge)).refuses(NotYoursToDecide)


@pytest.mark.parametrize("invited", [OWNER, ADA, BOB])
def test_who_is_in_or_decides_needs_no_invitation(invited: str) -> None:
    story = a_lounge(moderating(BOB), joined(ADA))
    story.when(by(OWNER, InviteToLounge, invited)).then()


def test_a_visit_ends_unless_it_is_another_one() -> None:
    story = a_lounge(joined(ADA)).when(by(ADA, EndVisit, since=at(1))).then()
    story.when(by(ADA, EndVisit, since=T0)).then(LoungeLeft).with_facts(reason="elsewhere")
    story.when(by(ADA, EndVisit, since=T0)).then()


def test_who_has_walked_stands_on_another_tile_of_the_floor() -> None:
    story = a_lounge(joined(ADA)).when(walked(ADA, 3, 2)).then(TileSettled)
    story.with_facts(user_id=ADA, x=3, y=2)
    for nothing in (walked(ADA, 3, 2), walked(ADA, 0, 0), walked(ADA, 9, 9), walked(BOB, 3, 2)):
        story.when(nothing).then()
    story.when(walked(ADA, 2, 2, since=at(1))).then()


def test_who_looks_is_told_who_stands_where() -> None:
    story = a_lounge(moderating(BOB), joined(ADA), walked(ADA, 3, 2)).when(LOOK).then()
    assert story.reply == LoungeLook(
        room_id=ROOM,
        owner=OWNER,
        capacity=3,
        plan=PLAN,
        moderators=[BOB],
        people=[LoungeStander(user_id=ADA, since=T0, x=3, y=2)],
        closed=False,
    )
    story.when(by(OWNER, CloseLounge)).when(LOOK).then()
    assert isinstance(story.reply, LoungeLook)
    assert (story.reply.people, story.reply.closed) == ([], True)


@pytest.mark.parametrize("command", [joined(ADA), by(ADA, LeaveLounge), invited(ADA), LOOK])
def test_of_a_lounge_that_nobody_has_opened_there_is_nothing(command: OfLounge) -> None:
    story = given(nobody_s()).when(command).refuses(LoungeNotFound)
    assert story.aggregate.view is None


def test_a_step_goes_to_a_side_and_not_high() -> None:
    floor = Floor.of("0x01\n0012\n0034")
    assert (floor.door, floor.has(Tile(1, 0)), floor.has(Tile(0, -1))) == (Tile(0, 0), False, False)
    assert floor.allows(Tile(0, 0), Tile(0, 1))
    assert floor.allows(Tile(2, 0), Tile(3, 0))
    assert not floor.allows(Tile(0, 0), Tile(1, 0)), "there is no floor"
    assert not floor.allows(Tile(0, 0), Tile(1, 1)), "that is no side"
    assert not floor.allows(Tile(0, 1), Tile(0, 1)), "that is no step"
    assert not floor.allows(Tile(2, 1), Tile(2, 2)), "that is too high"


# -- whatever happens ------------------------------------------------------------------------------

PEOPLE = (OWNER, ADA, BOB, CYD)
ALONE: dict[type[LoungeCommand], dict[str, Any]] = {
    JoinLounge: {},
    LeaveLounge: {},
    EndVisit: {"since": T0},
    SettleTile: {"x": 3, "y": 1, "since": T0},
}
OTHERS: dict[type[LoungeCommand], dict[str, Any]] = {
    **ABOUT,
    BanPerson: {"seconds": 3_600},
    MutePerson: {"seconds": LONGEST_SECONDS},
    InviteToLounge: {},
    AppointModerator: {},
    DismissModerator: {},
}

people = st.sampled_from(PEOPLE)
comings = st.builds(joined, people)
moves = st.builds(
    lambda user, kind: by(user, kind, **ALONE[kind]), people, st.sampled_from([*ALONE])
)
decisions = st.builds(
    lambda user, kind, other: by(user, kind, other, **OTHERS[kind]),
    st.sampled_from([OWNER, OWNER, ADA]),
    st.sampled_from([*OTHERS]),
    people,
)
MINUTES = st.sampled_from([0, 0, 1, 61])
STORIES = st.lists(
    st.tuples(st.one_of(comings, moves, decisions), MINUTES), min_size=15, max_size=30
)
END = [(by(OWNER, CloseLounge), 0), (joined(ADA), 0)]


@for_all(STORIES, st.sampled_from(["public", "public", "invitation"]))
def test_whatever_happens_it_stays_in_order(
    asked: Sequence[tuple[LoungeCommand, int]], access: str
) -> None:
    lounge, now = Lounge(lounge_key(ROOM)), T0
    answered(lounge, opened(capacity=2, access=access), now)
    history = [*lounge.collect_events()]
    barred: dict[str, datetime] = {}
    for command, minutes in [*asked, *END]:
        now += timedelta(minutes=minutes)
        answered(lounge, command, now)
        new = lounge.collect_events()
        history += new
        for event in new:
            note_barred(barred, event)
            if isinstance(event, LoungeJoined):
                assert barred.get(event.user_id, now) <= now, "a ban holds at once"
        state = lounge.state()
        assert len(state.inside) <= 2
        assert not any(barred.get(user, now) > now for user in state.inside)
        assert not (state.closed and state.inside)
        assert OWNER not in {*state.moderators, *state.muted, *state.barred}
        assert all(Floor.of(PLAN).has(Tile(each.x, each.y)) for each in state.inside.values())
        assert [*state.inside] == inside_by(history)
    folds_the_same_from_any_snapshot(SOCIAL, Lounge, lounge.id, history)


def note_barred(barred: dict[str, datetime], event: DomainEvent) -> None:
    match event:
        case PersonKicked() | PersonBanned():
            barred[event.user_id] = event.until
        case PersonUnbanned():
            barred.pop(event.user_id)


def inside_by(history: Sequence[DomainEvent]) -> list[str]:
    """Who is in, as comings and goings alone tell it; each tells how many there are."""
    inside: list[str] = []
    for event in history:
        match event:
            case LoungeJoined():
                inside.append(event.user_id)
                assert event.players == len(inside)
            case LoungeLeft():
                inside.remove(event.user_id)
                assert event.players == len(inside)
    return inside


def answered(lounge: Lounge, command: LoungeCommand, now: datetime) -> None:
    """Ask, whatever comes of it."""
    with suppress(Refusal):
        lounge.decide(command, now)


def _person(reply: object) -> LoungePerson:
    assert isinstance(reply, LoungePerson)
    return reply

"""Nobody is in two lounges: who comes into one leaves the other, in whatever order that is read."""

from collections.abc import Sequence
from typing import Any

from hypothesis import given as for_all
from hypothesis import strategies as st

from application.lounges.visits import VisitsProcess
from domain.events import Recorded
from domain.lounges.commands import EndVisit, JoinLounge, LeaveLounge, OpenLounge
from domain.lounges.events import LoungeJoined, LoungeLeft
from tests.given import T0, at
from tests.lounges.given import NAME, OWNER, PLAN
from tests.projections.story import Narrator
from tests.snapshots import reactions, reacts_the_same_from_any_state

ROOMS = ("cellar", "attic", "garden")


def lounges() -> Narrator:
    """Three lounges that are open."""
    narrator = Narrator()
    for room in ROOMS:
        terms: dict[str, Any] = {"name": NAME, "capacity": 9, "access": "public", "plan": PLAN}
        narrator.tell(OpenLounge(room_id=room, user_id=OWNER, **terms))
    return narrator


def comes(narrator: Narrator, user: str, room: str, seconds: float) -> None:
    narrator.tell(JoinLounge(room_id=room, user_id=user), now=at(seconds))


def goes(narrator: Narrator, user: str, room: str, seconds: float) -> None:
    narrator.tell(LeaveLounge(room_id=room, user_id=user), now=at(seconds))


def ended(log: Sequence[Recorded]) -> list[Any]:
    return [each.command for each in reactions(VisitsProcess(), log)]


def test_who_comes_into_another_lounge_leaves_the_one_before() -> None:
    narrator = lounges()
    comes(narrator, "ann", "cellar", 0)
    comes(narrator, "bob", "attic", 1)
    comes(narrator, "ann", "attic", 2)
    assert ended(narrator.events) == [EndVisit(room_id="cellar", user_id="ann", since=T0)]


def test_who_has_left_leaves_nothing_behind() -> None:
    narrator = lounges()
    comes(narrator, "ann", "cellar", 0)
    goes(narrator, "ann", "cellar", 1)
    comes(narrator, "ann", "attic", 2)
    process = VisitsProcess()
    assert reactions(process, narrator.events) == []
    goes(narrator, "ann", "attic", 3)
    process.react(narrator.events[-1])
    assert process.state == {}


def test_the_latest_visit_stays_though_it_is_read_first() -> None:
    narrator = lounges()
    comes(narrator, "ann", "cellar", 0)
    comes(narrator, "ann", "attic", 1)
    early, late = narrator.events[-2:]
    assert ended([early, late]) == ended([late, early])


def test_who_comes_back_ends_the_other_visit_and_not_their_own() -> None:
    narrator = lounges()
    comes(narrator, "ann", "cellar", 0)
    goes(narrator, "ann", "cellar", 1)
    comes(narrator, "ann", "cellar", 2)
    comes(narrator, "ann", "attic", 3)
    assert ended(narrator.events) == [EndVisit(room_id="cellar", user_id="ann", since=at(2))]


def test_nothing_follows_where_a_visit_cannot_be_ended() -> None:
    narrator, process = lounges(), VisitsProcess()
    comes(narrator, "ann", "cellar", 0)
    comes(narrator, "ann", "attic", 1)
    (ends,) = reactions(process, narrator.events)
    assert process.after_refusal(ends) == []


def test_nobody_is_named_in_what_is_remembered() -> None:
    narrator, process = lounges(), VisitsProcess()
    comes(narrator, "ann", "cellar", 0)
    reactions(process, narrator.events)
    assert "ann" not in str(dict(process.state))


STEPS = st.lists(
    st.tuples(st.sampled_from(["ann", "bob"]), st.sampled_from(ROOMS), st.booleans()), max_size=12
)


def story_of(steps: Sequence[tuple[str, str, bool]]) -> Narrator:
    """People come and go, one after another."""
    narrator = lounges()
    for second, (user, room, is_coming) in enumerate(steps):
        (comes if is_coming else goes)(narrator, user, room, second)
    return narrator


@for_all(STEPS)
def test_it_goes_on_from_wherever_it_stopped(steps: Sequence[tuple[str, str, bool]]) -> None:
    reacts_the_same_from_any_state(VisitsProcess, story_of(steps).events)


@for_all(STEPS, st.randoms(use_true_random=False))
def test_once_all_is_read_nobody_is_in_two_lounges(
    steps: Sequence[tuple[str, str, bool]], random: Any
) -> None:
    narrator, process = story_of(steps), VisitsProcess()
    unread = {
        room: [e for e in narrator.events if e.event.originator_id == f"+{room}"] for room in ROOMS
    }
    while left := [room for room in ROOMS if unread[room]]:
        room = random.choice(left)
        for envelope in process.react(unread[room].pop(0)):
            for recorded in narrator.tell(envelope.command, now=at(99)):
                command = envelope.command
                assert isinstance(command, EndVisit)
                unread[command.room_id].append(recorded)
    for user in ("ann", "bob"):
        assert len(where(user, narrator.events)) <= 1


def where(user: str, events: Sequence[Recorded]) -> set[str]:
    """In which lounges somebody is."""
    inside: set[str] = set()
    for recorded in events:
        match recorded.event:
            case LoungeJoined(user_id=who, originator_id=lounge) if who == user:
                inside.add(lounge)
            case LoungeLeft(user_id=who, originator_id=lounge) if who == user:
                inside.remove(lounge)
    return inside

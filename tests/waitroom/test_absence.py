"""Who is absent loses the place, after being told; the room decides, others notice."""

import pytest

from domain.aggregate import Command
from domain.categories import WAITROOMS
from domain.waitroom import Waitroom
from domain.waitroom.absence import (
    DropAbsentee,
    NoteReturn,
    NotMissed,
    PresenceNotRequired,
    PresenceRequired,
    RequirePresence,
    SessionDropped,
    SessionMissed,
    SessionReturned,
    TellAbsentee,
)
from domain.waitroom.commands import RedeemPass
from domain.waitroom.events import SessionAdmitted
from domain.waitroom.refusals import CheckoutOver, SessionNotFound, WaitroomNotFound
from tests.given import Story
from tests.snapshots import folds_the_same_from_any_snapshot, snapshot_of
from tests.waitroom.rooms import EVENT, completing, joining, leaving, place, room, unopened, view


def requiring(seconds: float | None = 60, *, redeems: bool = False) -> RequirePresence:
    return RequirePresence(event_id=EVENT, absent_seconds=seconds, redeems=redeems, by="olga")


def telling(user: str) -> TellAbsentee:
    return TellAbsentee(event_id=EVENT, session_id=f"s-{user}")


def returning(user: str) -> NoteReturn:
    return NoteReturn(event_id=EVENT, session_id=f"s-{user}")


def dropping(user: str) -> DropAbsentee:
    return DropAbsentee(event_id=EVENT, session_id=f"s-{user}")


def attended(*users: str, redeems: bool = False) -> Story:
    return room(*users).when(requiring(redeems=redeems))


def test_presence_is_required_by_who_runs_the_room_and_is_off_at_first() -> None:
    story = room("ann", "ben").when(telling("ben")).refuses(PresenceNotRequired)

    story.when(requiring()).then(PresenceRequired)
    story.with_facts(absent_seconds=60, redeems=False, by="olga").folds_the_same()
    story.when(requiring()).then()
    story.when(requiring(None)).then(PresenceRequired).when(requiring(None)).then()
    story.when(telling("ben")).refuses(PresenceNotRequired)
    unopened().when(requiring()).refuses(WaitroomNotFound)


def test_who_is_absent_is_told_once_and_then_dropped_and_the_line_moves_up() -> None:
    story = attended("ann", "ben", "cem").when(telling("ben")).then(SessionMissed)

    story.with_facts(session_id="s-ben", user_id="ben").when(telling("ben")).then()
    story.when(dropping("ben")).then(SessionDropped).with_facts(session_id="s-ben", user_id="ben")
    assert place(story).status == "dropped"
    story.folds_the_same().when(joining("cem"))
    assert place(story).position == 1


def test_nobody_is_dropped_untold() -> None:
    attended("ann", "ben").when(dropping("ben")).refuses(NotMissed)


@pytest.mark.parametrize("changed", [[requiring(None), requiring()], [requiring(90)]])
def test_who_was_told_before_the_requirement_changed_is_told_anew(changed: list[Command]) -> None:
    story = attended("ann", "ben").when(telling("ben"))

    for each in changed:
        story.when(each).then(PresenceRequired)
    story.when(dropping("ben")).refuses(NotMissed).when(telling("ben")).then(SessionMissed)
    folds_the_same_from_any_snapshot(WAITROOMS, Waitroom, EVENT, story.history)


def test_who_comes_back_keeps_the_place_and_is_told_anew() -> None:
    story = attended("ann", "ben").when(returning("ben")).then()

    story.when(telling("ben")).when(returning("ben")).then(SessionReturned)
    story.when(dropping("ben")).refuses(NotMissed)
    story.when(telling("ben")).then(SessionMissed)


def test_who_is_admitted_loses_nothing_unless_the_shop_redeems_passes() -> None:
    attended("ann").when(telling("ann")).refuses(PresenceNotRequired)


def test_a_slot_that_nobody_comes_to_goes_to_the_next() -> None:
    story = attended("ann", "ben", redeems=True).when(telling("ann")).then(SessionMissed)

    story.when(dropping("ann")).then(SessionDropped, SessionAdmitted)
    story.with_facts(1, session_id="s-ben").folds_the_same()
    assert view(story).ready == 1


def test_who_has_come_to_the_shop_is_absent_nowhere() -> None:
    redeeming = RedeemPass(event_id=EVENT, session_id="s-ann")
    story = attended("ann", redeems=True).when(telling("ann")).when(redeeming)

    story.when(dropping("ann")).refuses(PresenceNotRequired)
    story.when(telling("ann")).refuses(PresenceNotRequired)


def test_who_is_admitted_while_missed_is_told_anew() -> None:
    story = attended("ann", "ben", redeems=True).when(telling("ben")).when(leaving("ann"))

    story.when(dropping("ben")).refuses(NotMissed).when(telling("ben")).then(SessionMissed)


@pytest.mark.parametrize("said", [telling, returning, dropping])
def test_who_is_over_or_unknown_is_not_absent(said: type[Command]) -> None:
    story = attended("ann").when(completing("ann"))

    story.when(said("ann")).refuses(CheckoutOver)
    story.when(said("eve")).refuses(SessionNotFound)


def test_a_restored_room_knows_who_was_told() -> None:
    told = attended("ann", "ben").when(telling("ben")).aggregate
    again = Story(Waitroom.restore(snapshot_of(WAITROOMS, told)))

    again.when(telling("ben")).then().when(dropping("ben")).then(SessionDropped)

"""A room that comes back from a snapshot, and sessions that are kept in little memory."""

import tracemalloc

import pytest

from domain.aggregate import Command
from domain.categories import WAITROOMS
from domain.waitroom import Waitroom, register
from domain.waitroom.commands import CompleteCheckout, FailCheckout, LeaveWaitroom
from domain.waitroom.refusals import CheckoutOver, NotYourSession, SessionIdTaken
from tests.given import Story, at
from tests.snapshots import snapshot_of
from tests.waitroom.rooms import EVENT, joining, leaving, room

PAGE = 4


@pytest.fixture(autouse=True)
def _small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "PAGE_SESSIONS", PAGE)


def completing(user: str) -> Command:
    return CompleteCheckout(event_id=EVENT, session_id=f"s-{user}")


def restored(story: Story) -> Story:
    return Story(Waitroom.restore(snapshot_of(WAITROOMS, story.aggregate)))


def a_room_with_every_kind_of_session() -> Story:
    story = room("ann", "ben", "cem", "dora", "eve", "fay", capacity=2)
    story.when(joining("vip", priority=5))
    story.when(completing("ann"), now=at(3))
    return story.when(leaving("dora"), now=at(4))


def test_a_restored_room_answers_as_the_one_before() -> None:
    story = a_room_with_every_kind_of_session()
    for user in ("ann", "ben", "cem", "dora", "eve", "fay", "vip"):
        for command in (joining(user), leaving(user), completing(user)):
            before, after = restored(story).when(command), restored(restored(story)).when(command)
            assert (before.reply, before.events) == (after.reply, after.events)
            assert str(before.refusal) == str(after.refusal)


def test_who_was_admitted_first_is_overdue_first_after_a_restart_too() -> None:
    story = room(*"abcdef", capacity=3).when(leaving("b"), now=at(1))
    again = restored(story)
    assert again.aggregate.deadline == at(65)
    again.when(again.aggregate.on_deadline(), now=at(99))
    assert [e.session_id for e in again.events[:3]] == ["s-a", "s-c", "s-d"]  # type: ignore[attr-defined]


def test_a_part_that_nothing_has_happened_in_keeps_its_version() -> None:
    story = room(*(f"u{n}" for n in range(3 * PAGE)))
    before = dict(story.aggregate.parts)
    story.when(leaving(f"u{PAGE}"))
    after = story.aggregate.parts
    assert {n for n in after if after[n] != before[n]} == {1}
    assert after[1] == story.aggregate.version


def test_parts_that_were_written_at_different_times_fit_together() -> None:
    """A part with the same number and version is the same, whenever it was taken."""
    story = room(*(f"u{n}" for n in range(3 * PAGE)))
    early = {(p.number, p.changed): p for p in snapshot_of(WAITROOMS, story.aggregate).parts}
    story.when(leaving(f"u{2 * PAGE}")).when(joining("late"))
    late = snapshot_of(WAITROOMS, story.aggregate)
    assert [early.get((p.number, p.changed), p) for p in late.parts] == list(late.parts)
    assert sum((p.number, p.changed) in early for p in late.parts) == 2


@pytest.mark.parametrize("end", [completing, leaving])
def test_a_session_that_is_over_is_answered_for_as_before(end: object) -> None:
    assert callable(end)
    story = room("ann").when(end("ann"), now=at(3))
    ended = story.reply
    story.when(end("ann"), now=at(9)).then()
    assert story.reply == ended
    story.when(joining("eve", session="s-ann")).refuses(SessionIdTaken)
    story.when(leaving("ann", by="eve")).refuses(NotYourSession)
    story.when(FailCheckout(event_id=EVENT, session_id="s-ann")).refuses(CheckoutOver)


@pytest.mark.no_cover  # it goes the same way thousands of times
def test_a_session_that_is_over_takes_ninety_bytes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    story = room(capacity=1)
    story.when(joining("first", session="first"))  # what a room takes anyhow is there before
    count = 20 * register.PAGE_SESSIONS
    tracemalloc.start()
    for number in range(count):
        story.aggregate.decide(joining(f"user-{number}", session=f"{number:032x}"), at(0))
        story.aggregate.decide(LeaveWaitroom(event_id=EVENT, session_id=f"{number:032x}"), at(1))
        story.aggregate.collect_events()
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert grown < 90 * count

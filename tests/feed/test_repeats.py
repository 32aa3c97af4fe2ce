"""No event leads to two entries, or to none, whatever becomes of the commands on their way."""

from collections.abc import Sequence

import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from domain.aggregate import Command
from domain.events import DomainEvent
from domain.feed import window
from domain.feed.commands import AddEntry
from domain.feed.events import EntryAdded
from domain.feed.person_feed import PersonFeed, mark
from domain.feed.window import SourceWindow
from infra.commands_client import MOST_COMMANDS
from tests.feed.people import ADA, adding, asking, settling
from tests.given import T0

KNOWN = 8
"""Entries that a feed knows here, and one more than commands are on their way at a time."""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(window, "MOST_KNOWN", KNOWN)


def test_more_is_known_than_can_be_on_the_way() -> None:
    assert MOST_COMMANDS <= 512


class Sending:
    """A process whose commands are decided all at once, unless some get no answer; then they come
    again, with all that followed them. The shard has forgotten by then that they came before."""

    def __init__(self, commands: Sequence[Command], lost: set[int], crashes: set[int]) -> None:
        self.feed = PersonFeed(ADA)
        self.history: list[DomainEvent] = []
        self.tries = 0
        self.lost, self.crashes = lost, crashes
        done = 0
        while done < len(commands):
            part = commands[done : done + KNOWN - 1]
            answered = [self.decide(each) for each in part]
            first = answered.index(False) if False in answered else len(part)
            if done in self.crashes:  # before the position was stored, which happens once
                self.crashes.discard(done)
            else:
                done += first

    def decide(self, command: Command) -> bool:
        """Whether there was an answer; the commands that are lost are so once."""
        self.tries += 1
        if self.tries in self.lost:
            return False
        self.feed.decide(command, T0)
        self.history.extend(self.feed.collect_events())
        return True

    @property
    def sources(self) -> list[str]:
        return [each.source for each in self.history if isinstance(each, EntryAdded)]


numbers = st.sets(st.integers(0, 60), max_size=20)


@for_all(st.integers(1, 40), numbers, numbers)
def test_each_event_leads_to_one_entry(count: int, lost: set[int], crashes: set[int]) -> None:
    commands = [adding(3 * n) for n in range(count)]
    sent = Sending(commands, lost, crashes)
    assert sorted(sent.sources) == sorted(each.source for each in commands)
    late = [each for each in commands if sent.decide(each)]
    assert len(sent.sources) == count, f"{len(late)} came once more, long after"


turns = st.lists(st.sampled_from(["one", "two", "three"]), max_size=30)


@settings(max_examples=300)
@for_all(turns, numbers, numbers)
def test_who_is_to_move_in_the_end_is_asked_to(
    turns: list[str], lost: set[int], crashes: set[int]
) -> None:
    """In each game Ada is asked, moves, is asked again, and so on."""
    commands: list[Command] = []
    asked: set[str] = set()
    for seq, game in enumerate(turns):
        commands.append(settling(seq, game) if game in asked else asking(seq, game))
        asked ^= {game}
    sent = Sending(commands, lost, crashes)
    calm = Sending(commands, set(), set())
    assert open_of(sent.feed) == open_of(calm.feed) == asked_in(asked)


def open_of(feed: PersonFeed) -> set[str]:
    return {*feed.state().pending}


def asked_in(games: set[str]) -> set[str]:
    return {mark("your-move", game) for game in games}


@for_all(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 2)), max_size=40))
def test_a_window_knows_the_newest_and_takes_the_older_for_known(
    noted: list[tuple[int, int]],
) -> None:
    tested, all_noted = SourceWindow(), set[tuple[int, int]]()
    for seq, index in noted:
        newest = sorted(all_noted)[-KNOWN:]
        is_below = len(newest) == KNOWN and (seq, index) < newest[0]
        assert tested.knows(seq, index) == (((seq, index) in newest) or is_below)
        if not tested.knows(seq, index):
            tested.note(seq, index)
            all_noted.add((seq, index))
        assert all(tested.knows(*each) for each in all_noted)


def test_what_others_overtook_is_still_new() -> None:
    feed = PersonFeed(ADA)
    late: AddEntry = adding(1)
    for n in range(KNOWN - 1):
        feed.decide(adding(10 + n), T0)
    feed.decide(late, T0)
    assert [type(each) for each in feed.collect_events()] == [EntryAdded] * KNOWN

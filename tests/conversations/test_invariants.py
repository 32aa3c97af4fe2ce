"""What holds in a conversation whatever is said in it, and by whom, and how often."""

from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given as for_all
from hypothesis import strategies as st

from domain.categories import SOCIAL
from domain.conversations import newest
from domain.conversations.commands import (
    AddMember,
    ConversationCommand,
    DeleteMessage,
    EditMessage,
    LeaveConversation,
    OpenConversation,
    React,
    ReadUpTo,
    Say,
    StartGroup,
    TakeReactionBack,
)
from domain.conversations.conversation import Conversation
from domain.conversations.events import MessageDeleted, MessageEdited, MessageSaid, MessageWithheld
from domain.conversations.names import stream_key
from domain.conversations.state import ConversationState
from domain.conversations.view import MessageView
from domain.events import DomainEvent
from domain.personal import Sealed
from domain.refusals import Refusal
from tests.conversations.given import ADA, BOB, CYD, GROUP, TWO, by, say
from tests.given import T0
from tests.snapshots import folds_the_same_from_any_snapshot

FEW_NEWEST = 3
"""So that much is too old to be known."""

MANY_COMMANDS = 25

SEEDS = st.integers(0, 2**32)
"""Of histories: what people do depends on what they did, which single choices rarely come to."""

TEXT = Sealed(subject=ADA, sealed="…")


@pytest.fixture(autouse=True, scope="module")
def _few_newest() -> Iterator[None]:
    with patch.object(newest, "MOST_NEWEST", FEW_NEWEST):
        yield


class People:
    """People who do whatever they may in a conversation, and much that cannot be done."""

    def __init__(self, seed: int, people: Sequence[str], conversation_id: str) -> None:
        self._random = Random(seed)
        self._people = people
        self._in = conversation_id
        self._used: Counter[str] = Counter()

    def do(self, times: int, *, only: str = "") -> Iterator[ConversationCommand]:
        """So many things, by all of them or one of them."""
        for _ in range(times):
            person = only or self._random.choice(self._people)
            yield self._said(person) if self._random.random() < 0.5 else self._other(person)

    def _said(self, person: str) -> ConversationCommand:
        client_seq, reply_to = self._used[person] + 1, None
        if self._random.random() < 0.3:
            client_seq = self._random.randint(1, client_seq)
        else:
            self._used[person] = client_seq
        if self._random.random() < 0.2:
            reply_to = self._number()
        return say(person, client_seq, self._in, reply_to=reply_to)

    def _other(self, person: str) -> ConversationCommand:
        kind = self._random.choice([*FACTS, *(IN_GROUPS if self._in == GROUP else ())])
        facts: dict[str, Any] = {"number": self._number(), "up_to": self._number() - 1}
        facts |= {"text": TEXT, "reaction": self._random.choice(["like", "wow"])}
        facts |= {"member_id": self._random.choice(self._people)}
        chosen = {name: facts[name] for name in (FACTS | IN_GROUPS)[kind]}
        return by(person, kind, conversation_id=self._in, **chosen)

    def _number(self) -> int:
        return self._random.randint(1, sum(self._used.values()) + 2)


FACTS: dict[type[ConversationCommand], tuple[str, ...]] = {
    EditMessage: ("number", "text"),
    DeleteMessage: ("number",),
    React: ("number", "reaction"),
    TakeReactionBack: ("number",),
    ReadUpTo: ("up_to",),
}

IN_GROUPS: dict[type[ConversationCommand], tuple[str, ...]] = {
    AddMember: ("member_id",),
    LeaveConversation: (),
}


def answered(conversation: Conversation, command: Any) -> Any:
    """What somebody is told, be it yes or no."""
    try:
        return conversation.decide(command, T0)
    except Refusal as refusal:
        return type(refusal), str(refusal)


def a_group() -> Conversation:
    group = Conversation(stream_key(GROUP))
    group.decide(by(ADA, StartGroup, members=[BOB]), T0)
    return group


def of_two() -> Conversation:
    two = Conversation(stream_key(TWO))
    two.decide(OpenConversation(user_id=ADA, other_id=BOB), T0)
    return two


@for_all(SEEDS)
def test_what_is_said_is_numbered_without_gaps_and_never_said_twice(seed: int) -> None:
    group = a_group()
    first: dict[tuple[str, int], Any] = {}
    for command in People(seed, [ADA, BOB, CYD], GROUP).do(MANY_COMMANDS):
        answer = answered(group, command)
        if isinstance(command, Say) and isinstance(answer, MessageView):
            said = command.user_id, command.client_seq
            assert first.setdefault(said, answer) == answer
    history = group.collect_events()
    said_events = [each for each in history if isinstance(each, MessageSaid)]
    assert [each.number for each in said_events] == [*range(1, len(said_events) + 1)]
    times = Counter((each.sender, each.client_seq) for each in said_events)
    assert all(count == 1 for count in times.values())
    changed = [each for each in history if isinstance(each, MessageEdited | MessageDeleted)]
    assert all(each.user_id == said_events[each.number - 1].sender for each in changed)
    folds_the_same_from_any_snapshot(SOCIAL, Conversation, group.id, history)


@for_all(SEEDS)
def test_nobody_has_read_what_was_not_said_and_what_is_kept_stays_small(seed: int) -> None:
    group = a_group()
    for command in People(seed, [ADA, BOB, CYD], GROUP).do(MANY_COMMANDS):
        answered(group, command)
        state = group.state()
        assert isinstance(state, ConversationState)
        assert len(state.newest) == min(state.last, FEW_NEWEST)
        assert all(each.after <= each.read_up_to <= state.last for _, each in state.members)
        assert set(state.people) <= {ADA, BOB, CYD}


@for_all(SEEDS)
def test_a_blocked_person_is_answered_as_by_somebody_who_does_not_answer(seed: int) -> None:
    """Bob blocks Ada, who goes on, and lifts the block; or he only says nothing for a while."""
    blocked, silent = of_two(), of_two()
    people = People(seed, [ADA, BOB], TWO)
    for command in people.do(10):
        assert answered(blocked, command) == answered(silent, command)
    for command in people.do(10, only=ADA):
        assert answered(blocked, withheld(command)) == answered(silent, command)
    for command in people.do(10, only=ADA):
        assert answered(blocked, command) == answered(silent, command)
    events, others = blocked.collect_events(), silent.collect_events()
    assert told(events, ADA) == told(others, ADA)


@for_all(SEEDS)
def test_whom_something_is_withheld_from_is_told_nothing_of_it(seed: int) -> None:
    conversation = of_two()
    for command in People(seed, [ADA, BOB], TWO).do(MANY_COMMANDS):
        answered(conversation, withheld(command) if command.user_id == ADA else command)
    history = conversation.collect_events()
    hidden = {each.number for each in history if isinstance(each, MessageWithheld)}
    known = [seen for each in history if (seen := each.as_told_to(BOB)) is not None]
    assert not hidden & {getattr(each, "number", 0) for each in known}
    assert all(each.sender == BOB for each in known if isinstance(each, MessageSaid))


def withheld(command: ConversationCommand) -> ConversationCommand:
    """The same, while the other has blocked who does it."""
    if not isinstance(command, Say):
        return command
    facts = {name: getattr(command, name) for name in command.__struct_fields__}
    return Say(**facts | {"reception": "withheld"})


def told(events: Sequence[DomainEvent], person: str) -> Sequence[tuple[str, Any]]:
    """What somebody would find in an export."""
    known = [each.as_told_to(person) for each in events]
    return [(each.wire_name(), each.facts()) for each in known if each is not None]

"""Conversations as far as memory is concerned: members, numbered messages, and who read how far.

They stand for what grows beside people and never finishes.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from domain.aggregate import Aggregate, Command, decides, evolves
from domain.events import DomainEvent
from domain.snapshot import Snapshot, State


class MemberState(msgspec.Struct, frozen=True, array_like=True):
    """How far somebody has read, and the number that they gave their latest message."""

    read: int = 0
    client_seq: int = 0


class ConversationState(State, frozen=True, kw_only=True, tag="bench.conversation.snapshot.v1"):
    """A conversation as it stands."""

    newest: int
    members: Mapping[str, MemberState]


class ConversationCommand(Command, frozen=True, kw_only=True):
    """A command for one conversation."""

    conversation_id: str

    @property
    def aggregate_id(self) -> str:
        """The conversation."""
        return self.conversation_id


class StartConversation(
    ConversationCommand, frozen=True, kw_only=True, tag="bench.conversation.start"
):
    """Let some people talk to each other."""

    members: Sequence[str]


class Say(ConversationCommand, frozen=True, kw_only=True, tag="bench.conversation.say"):
    """Say something; a number that came before says nothing."""

    sender: str
    client_seq: int
    text: str


class ConversationStarted(
    DomainEvent, frozen=True, kw_only=True, tag="bench.conversation.started.v1"
):
    """Some people may talk to each other."""

    members: Sequence[str]


class Said(DomainEvent, frozen=True, kw_only=True, tag="bench.conversation.said.v1"):
    """Somebody has said something, and so read all that was said before."""

    number: int
    sender: str
    client_seq: int
    text: str


class Conversation(Aggregate):
    """A conversation, whose messages are numbered from 1 without gaps."""

    evicted_when_idle = True
    states = (ConversationState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._newest = 0
        self._members: dict[str, MemberState] = {}

    @decides(StartConversation)
    def start(self, command: StartConversation, _now: datetime) -> None:
        """Begin it."""
        self._record(ConversationStarted, members=command.members)

    @decides(Say)
    def say(self, command: Say, _now: datetime) -> None:
        """Keep what somebody says, once."""
        if command.client_seq > self._members[command.sender].client_seq:
            self._record(
                Said,
                number=self._newest + 1,
                sender=command.sender,
                client_seq=command.client_seq,
                text=command.text,
            )

    @evolves(ConversationStarted)
    def _on_started(self, event: ConversationStarted) -> None:
        self._members = dict.fromkeys(event.members, MemberState())

    @evolves(Said)
    def _on_said(self, event: Said) -> None:
        self._newest = event.number
        self._members[event.sender] = MemberState(event.number, event.client_seq)

    def state(self) -> State:
        """See `Aggregate.state`."""
        return ConversationState(newest=self._newest, members=self._members)

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, ConversationState)
        self._newest = state.newest
        self._members = dict(state.members)

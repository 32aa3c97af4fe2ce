"""A conversation as a source of numbered messages, as one of its members sees it."""

import asyncio
from collections.abc import Iterator, Sequence
from functools import partial

import msgspec

from application.conversations.others import Others
from application.ports.commands import CommandLog, Seals
from domain.conversations.commands import ConfirmConversation, LookAtConversation
from domain.conversations.events import (
    ConversationRead,
    MemberAdded,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessageReacted,
    MessageSaid,
    MessageWithheld,
    ReactionTaken,
)
from domain.conversations.names import stream_key
from domain.conversations.refusals import ConversationNotFound
from domain.conversations.view import ConversationView
from domain.events import DomainEvent, Position
from interfaces.http.conversations.records import MessageRecord, record_of
from interfaces.http.platform.command_context import asked
from interfaces.http.platform.resume import Announced, Look
from projections.conversations.queries import ConversationQueries

CATCH_UP_S = 2.0
"""For which the read model is waited for before it is asked again."""

ABOUT_MESSAGES = (MessageEdited, MessageDeleted, MessageReacted, ReactionTaken)


class NotFoldedYet(Exception):
    """The read model does not show a position yet."""


class HiddenMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A number that is not for you: withheld, said by whom you have blocked, or before you came."""

    number: int


class ChangedMessage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What `user_id` did about a message: new words, a reaction, or none any more."""

    number: int
    user_id: str
    text: str | None = None
    reaction: str | None = None


class ConversationTeller:
    """A conversation to one of its members; implements `platform.resume.Teller`.

    `left` is set once they are in it no more, from when on nothing is told.
    """

    def __init__(
        self,
        log: CommandLog,
        queries: ConversationQueries,
        others: Others,
        seals: Seals,
        user_id: str,
        conversation_id: str,
    ) -> None:
        self._ask = partial(asked, log)
        self._queries = queries
        self._others = others
        self._seals = seals
        self._user_id = user_id
        self._conversation_id = conversation_id
        self._hidden: frozenset[str] = frozenset()
        self._newest = 0
        self.aggregate_id = stream_key(conversation_id)
        self.left = asyncio.Event()

    async def look(self) -> Look:
        """See the protocol; raises `ConversationNotFound`."""
        return await self._look(LookAtConversation)

    async def confirmed_newest(self) -> int:
        """See the protocol."""
        return (await self._look(ConfirmConversation)).newest

    async def _look(self, kind: type[LookAtConversation]) -> Look:
        own = {"user_id": self._user_id, "conversation_id": self._conversation_id}
        try:
            answer = await self._ask(kind(**own))
        except ConversationNotFound:
            self.left.set()
            raise
        self._hidden = frozenset(await self._others.hidden_from(self._user_id, None))
        view = answer.told(ConversationView)
        self._newest = view.last
        return Look(view, view.last, answer.position)

    async def since(self, number: int, limit: int, position: Position) -> Sequence[Announced]:
        """See the protocol."""
        if not await self._queries.wait_for(position, CATCH_UP_S):
            raise NotFoldedYet(f"The read model does not show {position} yet.")
        up_to = min(number + limit, self._newest)
        page = await self._queries.said(
            self._user_id,
            self._conversation_id,
            hidden=[*self._hidden],
            after=number,
            up_to=up_to,
            limit=limit,
        )
        if page is None:
            self.left.set()
            raise ConversationNotFound("They are in it no more.")
        messages = [record_of(self._seals, each) for each in page.messages]
        return [*_without_gaps(messages, number, up_to)]

    def numbered(self, event: DomainEvent) -> Announced | None:
        """See the protocol."""
        if not isinstance(event, MessageSaid | MessageWithheld):
            return None
        if self.left.is_set() or not self._is_told(event):
            return _hidden(event.number)
        record = MessageRecord(
            number=event.number,
            sender=event.sender,
            text=None if event.text is None else self._seals.open(event.text),
            at=event.timestamp,
            reply_to=event.reply_to,
            edited_at=None,
            deleted=False,
            reactions={},
        )
        return Announced("message", record, event.number)

    def _is_told(self, event: MessageSaid | MessageWithheld) -> bool:
        """Whether a message is for who follows; between two, that was decided with their blocks."""
        if event.sender == self._user_id:
            return True
        is_of_two = event.receiver is not None
        return isinstance(event, MessageSaid) and (is_of_two or event.sender not in self._hidden)

    def others(self, event: DomainEvent) -> Sequence[Announced]:
        """See the protocol."""
        if isinstance(event, MemberLeft) and event.user_id == self._user_id:
            self.left.set()
        if not isinstance(event, ABOUT_MESSAGES) or self.left.is_set():
            return []
        is_own = event.user_id == self._user_id
        is_seen = is_own or not (event.withheld or event.user_id in self._hidden)
        return [Announced(*self._change(event))] if is_seen else []

    def _change(
        self, event: MessageEdited | MessageDeleted | MessageReacted | ReactionTaken
    ) -> tuple[str, ChangedMessage]:
        changed = ChangedMessage(number=event.number, user_id=event.user_id)
        match event:
            case MessageEdited(text=text):
                words = None if text is None else self._seals.open(text)
                return "edited", msgspec.structs.replace(changed, text=words)
            case MessageReacted(reaction=reaction):
                return "reacted", msgspec.structs.replace(changed, reaction=reaction)
            case MessageDeleted():
                return "deleted", changed
        return "reaction-taken", changed

    def moved(self, state: ConversationView, event: DomainEvent) -> ConversationView:
        """See the protocol."""
        moved = partial(msgspec.structs.replace, state)
        match event:
            case MessageSaid() | MessageWithheld():
                own = event.sender == self._user_id
                used = event.client_seq if own else state.client_seq
                return moved(last=event.number, client_seq=used)
            case MemberAdded(user_id=user_id):
                return moved(members=[*state.members, user_id])
            case MemberLeft(user_id=user_id):
                return moved(members=[each for each in state.members if each != user_id])
            case ConversationRead(user_id=self._user_id, up_to=up_to):
                return moved(read_up_to=up_to)
        return state


def _hidden(number: int) -> Announced:
    return Announced("hidden", HiddenMessage(number=number), number)


def _without_gaps(messages: Sequence[MessageRecord], after: int, up_to: int) -> Iterator[Announced]:
    """Every number behind one, up to another; those that are not among the messages are hidden."""
    seen = {each.number: each for each in messages}
    for number in range(after + 1, up_to + 1):
        found = seen.get(number)
        yield _hidden(number) if found is None else Announced("message", found, number)

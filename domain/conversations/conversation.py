"""A conversation: who is in it, what was said by number, and how far each has read."""

from collections.abc import Mapping
from datetime import datetime

import msgspec

from domain.aggregate import Aggregate, decides, evolves
from domain.conversations.commands import (
    AddMember,
    ConfirmConversation,
    DeleteMessage,
    EditMessage,
    LeaveConversation,
    LookAtConversation,
    MessageCommand,
    OpenConversation,
    React,
    ReadUpTo,
    Say,
    StartGroup,
    TakeReactionBack,
)
from domain.conversations.events import (
    ConversationOpened,
    ConversationRead,
    GroupStarted,
    MemberAdded,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessageReacted,
    MessageSaid,
    MessageWithheld,
    ReactionTaken,
)
from domain.conversations.names import id_in, kind_of
from domain.conversations.newest import MOST_NEWEST, KnownMessage, NewestMessages
from domain.conversations.refusals import (
    ConversationFull,
    ConversationNotFound,
    ConversationTaken,
    MessageNotFound,
    MessageTooOld,
    NobodyElse,
    NotAGroup,
    NotYourMessage,
    ReactionsFull,
    SaidToBlocked,
)
from domain.conversations.repeats import number_of
from domain.conversations.state import (
    ConversationMember,
    ConversationState,
    LastSaid,
    kept,
    known,
    people_of,
)
from domain.conversations.view import ConversationLeft, ConversationView, MessageView
from domain.snapshot import Snapshot

MOST_MEMBERS = 100
"""People in a group at a time."""

MOST_SPEAKERS = 500
"""People who are in a group, have said something in it, or show what they think of its newest
messages: of all who spoke it is known for ever what they said last, so that nothing is said twice.
"""

MOST_REACTIONS = 100
"""People who show what they think of one message."""


class Conversation(Aggregate):
    """What two people or a group say to each other; its stream key is behind `CONVERSATION_MARK`.

    Guarantees: messages are numbered from 1 without gaps, also those that are withheld. What one
    person says with a `client_seq` is said once, however often and whenever it is repeated. Only
    who said a message edits or deletes it. Nobody has read what was not said. What a blocked
    person is answered is what they would be answered if the other just did not answer.
    """

    evicted_when_idle = True
    states = (ConversationState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._started_by: str | None = None
        self._members: dict[str, ConversationMember] = {}
        self._said: dict[str, LastSaid] = {}
        self._newest = NewestMessages()

    @property
    def conversation_id(self) -> str:
        """What it is called by its members."""
        return id_in(self.id)

    # -- who is in it -----------------------------------------------------------------------------

    @decides(OpenConversation)
    def open(self, command: OpenConversation, _now: datetime) -> ConversationView:
        """Have it, so that both can talk; again changes nothing. Raises `NobodyElse`."""
        one, other = command.user_id, command.other_id
        if one == other:
            raise NobodyElse("That is yourself; name somebody else.")
        if not self._members:
            self._record(ConversationOpened, user_id=one, other_id=other)
        return self._seen_by(one)

    @decides(StartGroup)
    def start(self, command: StartGroup, _now: datetime) -> ConversationView:
        """Be in it with others; again changes nothing. Raises `ConversationTaken`, `NobodyElse`."""
        starter = command.user_id
        if starter in command.members:
            raise NobodyElse("You are in the group that you start; name others.")
        if self._started_by is None:
            self._record(GroupStarted, user_id=starter, name=command.name)
            for member in dict.fromkeys(command.members):
                self._record(MemberAdded, user_id=member, by=starter, after=0)
        elif self._started_by != starter or starter not in self._members:
            taken = f"There has been a group {self.conversation_id!r}; make another id."
            raise ConversationTaken(taken)
        return self._seen_by(starter)

    @decides(AddMember)
    def add(self, command: AddMember, _now: datetime) -> ConversationView:
        """Put somebody in the group, who sees what is said from now on; again changes nothing.

        Raises `ConversationNotFound`, `NotAGroup` and `ConversationFull`.
        """
        self._require_member(command.user_id)
        self._require_group()
        if command.member_id not in self._members:
            self._refuse_full(command.member_id)
            facts = {"user_id": command.member_id, "by": command.user_id}
            self._record(MemberAdded, **facts, after=self._newest.last)
        return self._seen_by(command.user_id)

    @decides(LeaveConversation)
    def leave(self, command: LeaveConversation, _now: datetime) -> ConversationLeft:
        """Be in the group no more. Raises `ConversationNotFound` and `NotAGroup`."""
        self._require_member(command.user_id)
        self._require_group()
        self._record(MemberLeft, user_id=command.user_id)
        return ConversationLeft(conversation_id=self.conversation_id)

    # -- what is said -----------------------------------------------------------------------------

    @decides(Say)
    def say(self, command: Say, _now: datetime) -> MessageView:
        """Say something; with the `client_seq` of something said, it is that which is answered.

        Raises `ConversationNotFound`, `ClientSeqPassed`, `SaidToBlocked`, and `MessageNotFound` for
        what is replied to.
        """
        self._require_member(command.user_id)
        number = number_of(command, self._said.get(command.user_id), self._newest)
        if number is None:
            self._say(command)
            number = self._newest.last
        return self._at(number)

    def _say(self, command: Say) -> None:
        if command.reception == "refused":
            raise SaidToBlocked("You have blocked who you talk to; lift that first.")
        if command.reply_to is not None:
            self._require_seen(command.user_id, command.reply_to)
        self._record(
            MessageWithheld if command.reception == "withheld" else MessageSaid,
            sender=command.user_id,
            receiver=self._other_than(command.user_id),
            number=self._newest.last + 1,
            client_seq=command.client_seq,
            text=command.text,
            text_mark=command.text_mark,
            reply_to=command.reply_to,
        )

    @decides(EditMessage)
    def edit(self, command: EditMessage, _now: datetime) -> MessageView:
        """Say it in other words. Raises what `_own` does, and `MessageNotFound`."""
        message = self._own(command)
        if message.deleted:
            raise MessageNotFound(f"You have deleted message {command.number}.")
        self._about(MessageEdited, command, message, text=command.text)
        return self._at(command.number)

    @decides(DeleteMessage)
    def delete(self, command: DeleteMessage, _now: datetime) -> MessageView:
        """Take it back; again changes nothing. Raises what `_own` does."""
        message = self._own(command)
        if not message.deleted:
            self._about(MessageDeleted, command, message)
        return self._at(command.number)

    # -- what is thought of it, and who has read it -----------------------------------------------

    @decides(React)
    def react(self, command: React, _now: datetime) -> MessageView:
        """Show one thing that one thinks of it. Raises `ReactionsFull`, and what `_known` does."""
        message = self._known(command)
        if message.deleted:
            raise MessageNotFound(f"Message {command.number} was deleted.")
        shown = message.reactions
        if command.user_id not in shown and len(shown) >= MOST_REACTIONS:
            raise ReactionsFull(f"{MOST_REACTIONS} people have reacted to it already.")
        if shown.get(command.user_id) != command.reaction:
            self._about(MessageReacted, command, message, reaction=command.reaction)
        return self._at(command.number)

    @decides(TakeReactionBack)
    def take_back(self, command: TakeReactionBack, _now: datetime) -> MessageView:
        """Show nothing of it. Raises what `_known` does."""
        message = self._known(command)
        if command.user_id in message.reactions:
            self._about(ReactionTaken, command, message)
        return self._at(command.number)

    @decides(ReadUpTo)
    def read(self, command: ReadUpTo, _now: datetime) -> ConversationView:
        """Count messages as read, or as unread again.

        Raises `ConversationNotFound`, and `MessageNotFound` for what nobody has said.
        """
        member, last = self._require_member(command.user_id), self._newest.last
        if command.up_to > last:
            raise MessageNotFound(f"There is no message {command.up_to}; the last is {last}.")
        up_to = max(command.up_to, member.after)
        if up_to != member.read_up_to:
            unread = self._has_unread(command.user_id, up_to)
            self._record(ConversationRead, user_id=command.user_id, up_to=up_to, unread=unread)
        return self._seen_by(command.user_id)

    @decides(ConfirmConversation)
    def confirm(self, command: ConfirmConversation, now: datetime) -> ConversationView:
        """The same as `look`."""
        return self.look(command, now)

    @decides(LookAtConversation)
    def look(self, command: LookAtConversation, _now: datetime) -> ConversationView:
        """Tell how it stands. Raises `ConversationNotFound`."""
        self._require_member(command.user_id)
        return self._seen_by(command.user_id)

    # -- what is asked of all of them -------------------------------------------------------------

    def _has_unread(self, user_id: str, up_to: int) -> bool:
        """Whether anything for somebody comes behind that, among the newest messages."""
        behind = range(max(up_to, self._newest.last - MOST_NEWEST) + 1, self._newest.last + 1)
        known = (self._newest.get(number) for number in behind)
        return any(
            each is not None and each.sender != user_id and not (each.withheld or each.deleted)
            for each in known
        )

    def _require_member(self, user_id: str) -> ConversationMember:
        member = self._members.get(user_id)
        if member is None:
            raise ConversationNotFound(f"You are in no conversation {self.conversation_id!r}.")
        return member

    def _require_group(self) -> None:
        if self._started_by is None:
            raise NotAGroup("Nobody joins or leaves a conversation of two; start a group.")

    def _refuse_full(self, member_id: str) -> None:
        if len(self._members) >= MOST_MEMBERS:
            raise ConversationFull(f"There are {MOST_MEMBERS} people in the group already.")
        if len({*self._people(), member_id}) > MOST_SPEAKERS:
            raise ConversationFull(f"{MOST_SPEAKERS} people have been in the group; start another.")

    def _people(self) -> dict[str, None]:
        """All who are known here, in an order that the events make."""
        return {
            **dict.fromkeys(self._members),
            **dict.fromkeys(self._said),
            **people_of(self._newest.messages),
        }

    def _other_than(self, user_id: str) -> str | None:
        """The other of two people."""
        if self._started_by is not None:
            return None
        return next(each for each in self._members if each != user_id)

    def _require_seen(self, user_id: str, number: int) -> KnownMessage | None:
        """A message of which somebody knows; None where it is too old to be known here.

        Raises `ConversationNotFound` and `MessageNotFound`.
        """
        member, message = self._require_member(user_id), self._newest.get(number)
        is_theirs = message is None or not message.withheld or message.sender == user_id
        if not (member.after < number <= self._newest.last and is_theirs):
            raise MessageNotFound(f"There is no message {number} for you.")
        return message

    def _known(self, command: MessageCommand) -> KnownMessage:
        """One of the newest messages; raises `MessageTooOld`, and what `_require_seen` does."""
        message = self._require_seen(command.user_id, command.number)
        if message is None:
            raise MessageTooOld(
                f"Message {command.number} is too old: only the last {MOST_NEWEST} can be changed."
            )
        return message

    def _own(self, command: MessageCommand) -> KnownMessage:
        """One's own message; raises `NotYourMessage`, and what `_known` does."""
        message = self._known(command)
        if message.sender != command.user_id:
            raise NotYourMessage(f"Message {command.number} was said by {message.sender!r}.")
        return message

    def _about(
        self,
        event: type[MessageEdited | MessageDeleted | MessageReacted | ReactionTaken],
        command: MessageCommand,
        message: KnownMessage,
        **facts: object,
    ) -> None:
        about = {"user_id": command.user_id, "number": command.number}
        self._record(event, **about, withheld=message.withheld, **facts)

    def _at(self, number: int) -> MessageView:
        return MessageView(conversation_id=self.conversation_id, number=number)

    # -- what has happened ------------------------------------------------------------------------

    @evolves(ConversationOpened)
    def _on_opened(self, event: ConversationOpened) -> None:
        for user_id in (event.user_id, event.other_id):
            self._members[user_id] = ConversationMember(after=0, read_up_to=0)

    @evolves(GroupStarted)
    def _on_started(self, event: GroupStarted) -> None:
        self._started_by = event.user_id
        self._members[event.user_id] = ConversationMember(after=0, read_up_to=0)

    @evolves(MemberAdded)
    def _on_added(self, event: MemberAdded) -> None:
        member = ConversationMember(after=event.after, read_up_to=event.after)
        self._members[event.user_id] = member

    @evolves(MemberLeft)
    def _on_left(self, event: MemberLeft) -> None:
        del self._members[event.user_id]

    @evolves(MessageSaid)
    def _on_said(self, event: MessageSaid) -> None:
        self._keep(event, withheld=False)

    @evolves(MessageWithheld)
    def _on_withheld(self, event: MessageWithheld) -> None:
        self._keep(event, withheld=True)

    def _keep(self, event: MessageSaid | MessageWithheld, *, withheld: bool) -> None:
        sender, client_seq, text_mark = event.sender, event.client_seq, event.text_mark
        self._newest.append(
            KnownMessage(
                sender=sender, client_seq=client_seq, text_mark=text_mark, withheld=withheld
            )
        )
        self._said[sender] = LastSaid(
            number=event.number, client_seq=client_seq, text_mark=text_mark
        )

    @evolves(MessageEdited)
    def _on_edited(self, _event: MessageEdited) -> None:
        """Nothing that is decided depends on the words."""

    @evolves(MessageDeleted)
    def _on_deleted(self, event: MessageDeleted) -> None:
        self._newest.change(event.number, deleted=True, reactions={})

    @evolves(MessageReacted)
    def _on_reacted(self, event: MessageReacted) -> None:
        self._show(event.number, {event.user_id: event.reaction})

    @evolves(ReactionTaken)
    def _on_reaction_taken(self, event: ReactionTaken) -> None:
        self._show(event.number, {event.user_id: None})

    def _show(self, number: int, reactions: Mapping[str, str | None]) -> None:
        message = self._newest.get(number)
        assert message is not None, "it was among the newest when this was decided"
        shown = {**message.reactions, **reactions}
        self._newest.change(number, reactions={k: v for k, v in shown.items() if v is not None})

    @evolves(ConversationRead)
    def _on_read(self, event: ConversationRead) -> None:
        member = self._members[event.user_id]
        self._members[event.user_id] = msgspec.structs.replace(member, read_up_to=event.up_to)

    # -- how it stands ----------------------------------------------------------------------------

    def _seen_by(self, user_id: str) -> ConversationView:
        said = self._said.get(user_id)
        return ConversationView(
            conversation_id=self.conversation_id,
            kind=kind_of(self.conversation_id),
            members=[*self._members],
            last=self._newest.last,
            read_up_to=self._members[user_id].read_up_to,
            client_seq=0 if said is None else said.client_seq,
        )

    def state(self) -> ConversationState:
        """All of it."""
        people = [*self._people()]
        place = {who: number for number, who in enumerate(people)}
        return ConversationState(
            people=people,
            started_by=self._started_by,
            members=[(place[who], each) for who, each in self._members.items()],
            said=[(place[who], each) for who, each in self._said.items()],
            last=self._newest.last,
            newest=kept(self._newest.messages, place),
        )

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, ConversationState)
        people = state.people
        self._started_by = state.started_by
        self._members = {people[place]: each for place, each in state.members}
        self._said = {people[place]: each for place, each in state.said}
        self._newest = NewestMessages(state.last, known(state.newest, people))

"""Conversations as the read model would show them."""

from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from domain.conversations.names import CONVERSATION_MARK
from projections.conversations.changes import ConversationChanges
from projections.conversations.queries import (
    LAST_NUMBER,
    MOST_UNREAD,
    OwnConversation,
    OwnConversations,
    SaidMessage,
    SaidMessages,
    downwards,
    page_of_conversations,
    upwards,
)
from tests.http.fakes.log import FakeReadModel


class FakeConversations(FakeReadModel):
    """Conversations, straight from the log."""

    async def mine(
        self, user_id: str, *, hidden: Sequence[str], before: str | None, limit: int
    ) -> OwnConversations:
        changes = self._changes()
        kept = [each for each in self._mine(changes, user_id, hidden) if each is not None]
        kept.sort(key=lambda own: (own.at, own.conversation_id), reverse=True)
        if before is not None:
            ids = [own.conversation_id for own in kept]
            kept = kept[ids.index(before) + 1 :] if before in ids else []
        return page_of_conversations(kept[: limit + 1], limit)

    def _mine(
        self, changes: ConversationChanges, user_id: str, hidden: Sequence[str]
    ) -> Iterator[OwnConversation | None]:
        for row in changes.conversations:
            id = row["conversation_id"]
            member = changes.members.get((user_id, id))
            if member:
                seen = [*_seen(changes, user_id, id, hidden)]
                yield _own(changes, row, member, seen)

    async def said(
        self,
        user_id: str,
        conversation_id: str,
        *,
        hidden: Sequence[str],
        before: int | None = None,
        after: int | None = None,
        up_to: int = LAST_NUMBER,
        limit: int,
    ) -> SaidMessages | None:
        changes = self._changes()
        if not changes.members.get((user_id, conversation_id)):
            return None
        seen = _seen(changes, user_id, conversation_id, hidden)
        messages = [_message(changes, row, hidden) for row in seen]
        if after is not None:
            later = [each for each in messages if after < each.number <= up_to]
            return upwards(later[:limit], after)
        older = [each for each in messages if before is None or each.number < before]
        return downwards(older[::-1][: limit + 1], limit)

    async def groups_of(self, user_id: str) -> Sequence[str]:
        members = self._changes().members.items()
        found = (id for (member, id), row in members if member == user_id and row)
        return sorted(id for id in found if not id.startswith("two-"))

    def _changes(self) -> ConversationChanges:
        events = (recorded.event for recorded in self.log.events["social-log"])
        return ConversationChanges(
            each for each in events if each.originator_id[0] == CONVERSATION_MARK
        )


def _seen(
    changes: ConversationChanges, user_id: str, id: str, hidden: Sequence[str]
) -> Iterator[Any]:
    member = changes.members[user_id, id]
    assert member is not None
    for (conversation_id, number), row in changes.messages.items():
        is_told = not row["withheld"] or row["sender"] == user_id
        is_new = number > member["after_number"]
        if conversation_id == id and is_told and is_new and row["sender"] not in hidden:
            yield row


def _own(
    changes: ConversationChanges, row: Any, member: Any, seen: Sequence[Any]
) -> OwnConversation | None:
    id, user_id = row["conversation_id"], member["user_id"]
    if row["kind"] == "two" and row["started_by"] != user_id and not seen:
        return None
    unread = [
        each
        for each in seen
        if each["number"] > member["read_up_to"]
        and each["sender"] != user_id
        and not each["deleted"]
    ]
    return OwnConversation(
        conversation_id=id,
        kind=row["kind"],
        name=row["name"],
        members=sorted(who for (who, at), there in changes.members.items() if at == id and there),
        last=seen[-1]["number"] if seen else 0,
        at=seen[-1]["said_at"] if seen else member["since"],
        read_up_to=member["read_up_to"],
        unread=min(len(unread), MOST_UNREAD),
    )


def _message(changes: ConversationChanges, row: Any, hidden: Sequence[str]) -> SaidMessage:
    place = row["conversation_id"], row["number"]
    reactions = {
        who: shown
        for (*at, who), shown in changes.reactions.items()
        if tuple(at) == place and shown and who not in hidden and not row["deleted"]
    }
    said = {name: row[name] for name in SaidMessage.__struct_fields__ if name in row}
    return msgspec.convert(
        said | {"at": row["said_at"], "reactions": reactions}, SaidMessage, from_attributes=True
    )

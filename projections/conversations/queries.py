"""What somebody sees of conversations: those that they are in, and what was said there.

Whatever is unread is counted when somebody asks, so there is no number that could be wrong: it is
what they would see, was said by others after what they have read, and was not deleted.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import tuple_row

from domain.conversations.names import ConversationKind
from domain.personal import Sealed
from projections.conversations.conversations import NAME
from projections.positions import PostgresQueries

MOST_UNREAD = 1_000
"""As many messages are counted; who has as many has that many or more."""

LAST_NUMBER = 2**63 - 1
"""No message has a number as large."""


class OwnConversation(msgspec.Struct, frozen=True, kw_only=True):
    """A conversation as one of its members sees it.

    `last` is the number of the last message that they see, or 0, and `at` is when it was said, or
    since when they are in it. `unread` counts up to `MOST_UNREAD`.
    """

    conversation_id: str
    kind: ConversationKind
    name: Sealed | None
    members: Sequence[str]
    last: int
    at: datetime
    read_up_to: int
    unread: int


class OwnConversations(msgspec.Struct, frozen=True, kw_only=True):
    """Some conversations, the last used first; `before` asks for the next ones, None at the end."""

    conversations: list[OwnConversation]
    before: str | None


class SaidMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message as a member sees it; `reactions` by who shows them.

    Of one that was deleted there is no text.
    """

    number: int
    sender: str
    text: Sealed | None
    at: datetime
    reply_to: int | None
    edited_at: datetime | None
    deleted: bool
    reactions: Mapping[str, str]


class SaidMessages(msgspec.Struct, frozen=True, kw_only=True):
    """Some messages: the newest first, or those `after` one, the oldest first.

    With `before` there may be older ones, which come before that number. Those that come `after`
    that number are newer, as soon as there are any.
    """

    messages: list[SaidMessage]
    before: int | None
    after: int


MINE = """
    WITH mine AS (
        SELECT m.conversation_id, c.kind, c.name, m.user_id, m.after_number, m.read_up_to,
            coalesce(l.number, 0) AS last, coalesce(l.said_at, m.since) AS at
        FROM conversation_members m
        JOIN conversations c ON c.conversation_id = m.conversation_id
        LEFT JOIN LATERAL (
            SELECT number, said_at FROM messages t
            WHERE t.conversation_id = m.conversation_id AND t.number > m.after_number
                AND (NOT t.withheld OR t.sender = m.user_id) AND t.sender <> ALL(%(hidden)s)
            ORDER BY number DESC LIMIT 1
        ) l ON true
        WHERE m.user_id = %(user_id)s
            AND (c.kind <> 'two' OR c.started_by = m.user_id OR l.number IS NOT NULL)
    )
    SELECT conversation_id, kind, name,
        ARRAY(
            SELECT others.user_id FROM conversation_members others
            WHERE others.conversation_id = m.conversation_id ORDER BY others.user_id
        ),
        last, at, read_up_to,
        (SELECT count(*) FROM (
            SELECT FROM messages t
            WHERE t.conversation_id = m.conversation_id AND t.number > m.after_number
                AND NOT t.withheld AND t.sender <> ALL(%(hidden)s)
                AND t.number > m.read_up_to AND t.sender <> m.user_id AND NOT t.deleted
            LIMIT %(most)s
        ) AS unread)
    FROM mine m
    WHERE %(before)s::text IS NULL OR (at, conversation_id) < (
        SELECT at, conversation_id FROM mine WHERE conversation_id = %(before)s
    )
    ORDER BY at DESC, conversation_id DESC LIMIT %(limit)s
"""

SAID = """
    SELECT t.number, t.sender, t.text, t.said_at, t.reply_to, t.edited_at, t.deleted, (
        SELECT coalesce(json_object_agg(r.user_id, r.reaction), '{}') FROM message_reactions r
        WHERE r.conversation_id = t.conversation_id AND r.number = t.number
            AND NOT t.deleted AND r.user_id <> ALL(%(hidden)s)
    )
    FROM conversation_members m LEFT JOIN LATERAL (
        SELECT * FROM messages t
        WHERE t.conversation_id = m.conversation_id AND t.number > m.after_number
                AND (NOT t.withheld OR t.sender = m.user_id) AND t.sender <> ALL(%(hidden)s)
"""

BEFORE = " AND t.number < %(before)s ORDER BY t.number DESC LIMIT %(limit)s"
AFTER = """
    AND t.number > %(after)s AND t.number <= %(up_to)s ORDER BY t.number LIMIT %(limit)s
"""

OF_MEMBER = """
    ) t ON true WHERE m.user_id = %(user_id)s AND m.conversation_id = %(conversation_id)s
    ORDER BY t.number
"""

NEWEST_FIRST = SAID + BEFORE + OF_MEMBER + " DESC"
OLDEST_FIRST = SAID + AFTER + OF_MEMBER

GROUPS = """
    SELECT m.conversation_id FROM conversation_members m
    JOIN conversations c ON c.conversation_id = m.conversation_id
    WHERE m.user_id = %s AND c.kind = 'group' ORDER BY m.conversation_id
"""


OWN, MESSAGE = OwnConversation.__struct_fields__, SaidMessage.__struct_fields__


class ConversationQueries(PostgresQueries):
    """Conversations, as far as they are folded. Nobody is shown what `hidden` people said."""

    name = NAME

    async def mine(
        self, user_id: str, *, hidden: Sequence[str], before: str | None, limit: int
    ) -> OwnConversations:
        """Conversations that somebody is in, the last used first, from the one after another on.

        One of two people is among them when its member has opened it, or sees a message in it.
        """
        asked: dict[str, Any] = {"user_id": user_id, "hidden": list(hidden), "before": before}
        asked |= {"limit": limit + 1, "most": MOST_UNREAD}
        found = [_own(row) for row in await self._select(MINE, asked, tuple_row)]
        return page_of_conversations(found, limit)

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
        """Messages after a number, up to another, or else the newest, before a number.

        Gives None to who is no member.
        """
        asked: dict[str, Any] = {"user_id": user_id, "conversation_id": conversation_id}
        asked |= {"hidden": list(hidden)}
        if after is not None:
            rows = await self._select(
                OLDEST_FIRST, asked | {"after": after, "up_to": up_to, "limit": limit}, tuple_row
            )
            return upwards(_messages(rows), after) if rows else None
        bound = {"before": LAST_NUMBER if before is None else before, "limit": limit + 1}
        rows = await self._select(NEWEST_FIRST, asked | bound, tuple_row)
        return downwards(_messages(rows), limit) if rows else None

    async def groups_of(self, user_id: str) -> Sequence[str]:
        """The groups that somebody is in, by their ids."""
        return [id for (id,) in await self._select(GROUPS, [user_id], tuple_row)]


def _own(row: Sequence[Any]) -> OwnConversation:
    return msgspec.convert(dict(zip(OWN, row, strict=True)), OwnConversation)


def _messages(rows: Sequence[Sequence[Any]]) -> list[SaidMessage]:
    """The messages of some rows; a member who sees none has a row without."""
    found = (dict(zip(MESSAGE, row, strict=True)) for row in rows if row[0] is not None)
    return [msgspec.convert(each, SaidMessage) for each in found]


def page_of_conversations(found: list[OwnConversation], limit: int) -> OwnConversations:
    """A page of so many conversations, of which one more was looked for."""
    before = found[limit - 1].conversation_id if len(found) > limit else None
    return OwnConversations(conversations=found[:limit], before=before)


def upwards(messages: list[SaidMessage], after: int) -> SaidMessages:
    """A page of messages that come after a number."""
    newest = messages[-1].number if messages else after
    return SaidMessages(
        messages=messages, before=messages[0].number if messages else None, after=newest
    )


def downwards(found: list[SaidMessage], limit: int) -> SaidMessages:
    """A page of so many messages, the newest first, of which one more was looked for."""
    messages = found[:limit]
    return SaidMessages(
        messages=messages,
        before=messages[-1].number if len(found) > limit else None,
        after=messages[0].number if messages else 0,
    )

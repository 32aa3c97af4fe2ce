"""`conversations`: what people say to each other, in PostgreSQL.

- `conversations`: each that there is.
- `conversation_members`: who is in which, sees what was said after a number, and has read up to
  another.
- `messages`: what was said, sealed. Whatever was withheld is shown to its sender alone.
- `message_reactions`: what people think of messages.
"""

from collections.abc import Iterable, Sequence
from typing import Any, LiteralString

import msgspec
import psycopg

from domain.events import Recorded
from projections.conversations.changes import HANDLED, ConversationChanges
from projections.people import TableSays
from projections.projection import Table

NAME = "conversations"

START = """
    INSERT INTO conversations
    SELECT * FROM json_populate_recordset(NULL::conversations, %s::json)
"""

JOIN = """
    INSERT INTO conversation_members
    SELECT * FROM json_populate_recordset(NULL::conversation_members, %s::json)
    ON CONFLICT (user_id, conversation_id) DO UPDATE
    SET after_number = excluded.after_number, read_up_to = excluded.read_up_to,
        since = excluded.since
"""

LEAVE = """
    DELETE FROM conversation_members m
    USING unnest(%s::text[], %s::text[]) AS gone (user_id, conversation_id)
    WHERE m.user_id = gone.user_id AND m.conversation_id = gone.conversation_id
"""

READ = """
    UPDATE conversation_members m SET read_up_to = told.up_to
    FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS told (user_id, conversation_id, up_to)
    WHERE m.user_id = told.user_id AND m.conversation_id = told.conversation_id
"""

SAY = "INSERT INTO messages SELECT * FROM json_populate_recordset(NULL::messages, %s::json)"

EDIT = """
    UPDATE messages SET text = told.text, edited_at = told.edited_at
    FROM json_populate_recordset(NULL::messages, %s::json) AS told
    WHERE messages.conversation_id = told.conversation_id AND messages.number = told.number
"""

DELETE = """
    UPDATE messages SET text = NULL, deleted = true
    FROM unnest(%s::text[], %s::bigint[]) AS told (conversation_id, number)
    WHERE messages.conversation_id = told.conversation_id AND messages.number = told.number
"""

REACT = """
    INSERT INTO message_reactions (conversation_id, number, user_id, reaction)
    SELECT * FROM unnest(%s::text[], %s::bigint[], %s::text[], %s::text[])
    ON CONFLICT (conversation_id, number, user_id) DO UPDATE SET reaction = excluded.reaction
"""

TAKE_BACK = """
    DELETE FROM message_reactions r
    USING unnest(%s::text[], %s::bigint[], %s::text[]) AS gone (conversation_id, number, user_id)
    WHERE r.conversation_id = gone.conversation_id AND r.number = gone.number
        AND r.user_id = gone.user_id
"""

EVENTS = "the events of `social-log`, which are the same"


class Conversations:
    """The projection. Each conversation's rows change by the events of one partition."""

    name = NAME
    handles = HANDLED
    tables = (
        Table(
            "conversations",
            ("conversation_id",),
            says=TableSays(
                of=("started_by",),
                sealed=("name",),
                facts=("conversation_id", "kind"),
                stays="which conversations you began, by their ids",
            ),
        ),
        Table(
            "conversation_members",
            ("user_id", "conversation_id"),
            says=TableSays(
                of=("user_id",),
                facts=("conversation_id", "after_number", "read_up_to", "since"),
                stays="with whom you talked, and how far you have read, by ids and numbers",
            ),
        ),
        Table(
            "messages",
            ("conversation_id", "number"),
            says=TableSays(
                of=("sender",),
                sealed=("text",),
                facts=(
                    *("conversation_id", "number", "said_at", "reply_to", "edited_at"),
                    *("deleted", "withheld"),
                ),
                instead=EVENTS,
            ),
        ),
        Table(
            "message_reactions",
            ("conversation_id", "number", "user_id"),
            says=TableSays(
                of=("user_id",),
                facts=("conversation_id", "number", "reaction"),
                instead=EVENTS,
            ),
        ),
    )

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[Recorded]
    ) -> Sequence[Any]:
        """Add what is new, and then change what there was."""
        changes = ConversationChanges(recorded.event for recorded in events)
        _put(connection, START, changes.conversations)
        _put(connection, JOIN, [row for row in changes.members.values() if row is not None])
        _put(connection, SAY, changes.messages.values())
        _put(connection, EDIT, changes.edited.values())
        _do(connection, LEAVE, [key for key, row in changes.members.items() if row is None])
        _do(connection, READ, [(*key, up_to) for key, up_to in changes.read.items()])
        _do(connection, DELETE, sorted(changes.deleted))
        shown = [(*key, each) for key, each in changes.reactions.items() if each is not None]
        _do(connection, REACT, shown)
        _do(connection, TAKE_BACK, [key for key, each in changes.reactions.items() if not each])
        return ()


def _put(connection: psycopg.Connection[Any], put: LiteralString, rows: Iterable[Any]) -> None:
    if found := [*rows]:
        connection.execute(put, [msgspec.json.encode(found).decode()])


def _do(
    connection: psycopg.Connection[Any], do: LiteralString, rows: Sequence[tuple[Any, ...]]
) -> None:
    if rows:
        connection.execute(do, [list(column) for column in zip(*rows, strict=True)])

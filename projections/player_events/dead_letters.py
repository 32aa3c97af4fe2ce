"""`dead-letters`: players' events that could not be taken, as people look at them and decide.

- `dead_letters`: see `domain.player_events.letters.DeadLetter`, whose fields are its columns. What
  is decided about a letter is a record of its topic too, so that the table is never the only one
  who knows. A letter stays here when its topic forgets it, until a rebuild.
"""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import psycopg
from psycopg.rows import class_row

from domain.personal import Sealed
from domain.player_events.letters import (
    DeadLetter,
    Decided,
    LetterRecord,
    LetterStatus,
    fold,
    read,
    unsealed,
)
from projections.people import TableSays
from projections.positions import Pool, PostgresQueries
from projections.projection import InvalidCursor, Table

NAME = "dead-letters"

KNOWN = """
    SELECT coalesce(json_agg(known), '[]')::text FROM dead_letters AS known
    WHERE id = ANY(%s) OR event_id = ANY(%s) OR position = ANY(%s)
"""

PUT = """
    INSERT INTO dead_letters SELECT * FROM json_populate_recordset(NULL::dead_letters, %s::json)
    ON CONFLICT (id) DO UPDATE
    SET error_message = excluded.error_message, position = excluded.position,
        attempts = excluded.attempts, status = excluded.status,
        edited_event = excluded.edited_event, decided_by = excluded.decided_by,
        decided_at = excluded.decided_at
"""


class DeadLetters:
    """The projection."""

    name = NAME
    handles = (LetterRecord,)
    tables = (
        Table(
            "dead_letters",
            ("id",),
            says=TableSays(
                of=("player_id", "key", "decided_by"),
                sealed=("original_event", "error_message", "edited_event"),
                facts=(
                    *("id", "consumer_service", "event_id", "position", "created_at", "attempts"),
                    *("status", "decided_at"),
                ),
                found="player_id = %(user_id)s",
                stays="that something a game told of you was no good, and what was decided of it",
            ),
        ),
    )

    def apply(
        self, connection: psycopg.Connection[Any], events: Sequence[LetterRecord]
    ) -> Sequence[Any]:
        """Add letters that are new, and take in what was decided about others."""
        news = [read(record) for record in events]
        if changed := fold(_known(connection, news), news):
            connection.execute(PUT, [msgspec.json.encode(changed).decode()])
        return ()


def _known(
    connection: psycopg.Connection[Any], news: Sequence[DeadLetter | Decided]
) -> Sequence[DeadLetter]:
    letters = [each for each in news if isinstance(each, DeadLetter)]
    ids = [each.letter_id for each in news if isinstance(each, Decided)]
    event_ids = [letter.event_id for letter in letters if letter.event_id]
    positions = [letter.position for letter in letters if letter.position]
    row = connection.execute(KNOWN, [ids, event_ids, positions]).fetchone()
    assert row is not None
    return msgspec.json.decode(row[0], type=list[DeadLetter])


# -- queries ---------------------------------------------------------------------------------------

LETTER = "SELECT * FROM dead_letters WHERE id = %s"

LIST = """
    SELECT * FROM dead_letters
    WHERE (%(consumer)s::text IS NULL OR consumer_service = %(consumer)s)
        AND (%(status)s::text IS NULL OR status = %(status)s)
        AND (%(player)s::text IS NULL OR player_id = %(player)s)
        AND (%(before)s::text IS NULL OR (created_at, id) <
            (SELECT created_at, id FROM dead_letters WHERE id = %(before)s))
    ORDER BY created_at DESC, id DESC LIMIT %(limit)s
"""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which letters are asked for; None for any."""

    consumer: str | None = None
    status: LetterStatus | None = None
    player: str | None = None


class DeadLetterPage(msgspec.Struct, frozen=True, kw_only=True):
    """Some letters, the newest first, and what to ask for the next ones with; None at the end."""

    letters: list[DeadLetter]
    before: str | None


class DeadLetterQueries(PostgresQueries):
    """Players' events that could not be taken.

    `open` gives a sealed text as it reads, or None for somebody who has been erased.
    """

    name = NAME

    def __init__(self, pool: Pool, open: Callable[[Sealed], str | None]) -> None:
        super().__init__(pool)
        self._open = open

    async def letter(self, id: str) -> DeadLetter | None:
        """A letter, or None."""
        found = await self._select(LETTER, [id], class_row(DeadLetter))
        return unsealed(found[0], self._open) if found else None

    async def page(
        self, wanted: Wanted, limit: int | None = None, before: str | None = None
    ) -> DeadLetterPage:
        """Some letters, from the one behind the letter `before` on.

        Raises `InvalidCursor` when there is no letter `before`.
        """
        if before is not None and await self.letter(before) is None:
            raise InvalidCursor(f"{before!r} is no letter; take `before` from the page before.")
        more = None if limit is None else limit + 1
        asked = {**msgspec.structs.asdict(wanted), "before": before, "limit": more}
        found = await self._select(LIST, asked, class_row(DeadLetter))
        page = [unsealed(letter, self._open) for letter in found[:limit]]
        return DeadLetterPage(letters=page, before=page[-1].id if len(found) > len(page) else None)

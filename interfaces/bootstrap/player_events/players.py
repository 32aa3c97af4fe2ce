"""Players: taking away what somebody got by cheating, and giving it back."""

import uuid
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime

from application.ports.projections import Change
from domain.player_events.corrections import Correction, PlayerRestored, PlayerVoided, correcting
from domain.player_events.event import PlayerEvent
from infra.player_events.preview import preview
from infra.player_events.publishing import publish
from infra.postgres.database import Database
from interfaces.bootstrap import SetupError
from interfaces.settings import Settings

__all__ = ["Change", "append", "changes_by", "restoration_of", "void_of", "voids"]

VOIDS = """
    SELECT event_id::text, since, until, by, reason FROM player_statistics_voids
    WHERE player_id = %s ORDER BY since, event_id
"""


def void_of(player_id: str, said: PlayerVoided) -> PlayerEvent:
    """Make the record of a void; raises `SetupError` for a time that ends before it begins."""
    if said.since >= said.until:
        raise SetupError(
            f"Nothing lies between {said.since.isoformat()} and {said.until.isoformat()}; "
            "the first time has to be before the second."
        )
    return _record(player_id, said)


def restoration_of(settings: Settings, player_id: str, void: str, by: str) -> PlayerEvent:
    """Make the record that takes back a void; raises `SetupError` where there is no such void."""
    there = [event_id for event_id, *_ in voids(settings, player_id)]
    if void not in there:
        known = f"these: {', '.join(there)}" if there else "none"
        raise SetupError(f"{player_id!r} has no void {void!r} in force, but {known}.")
    return _record(player_id, PlayerRestored(void=void, by=by))


def _record(player_id: str, said: Correction) -> PlayerEvent:
    return correcting(player_id, said, event_id=str(uuid.uuid4()), at=datetime.now(UTC))


def voids(settings: Settings, player_id: str) -> Sequence[tuple[str, datetime, datetime, str, str]]:
    """Give the voids in force: id, since, until, by whom and why."""
    with closing(Database(settings.postgres_dsn)) as database:
        return database.connection.execute(VOIDS, [player_id]).fetchall()


def changes_by(settings: Settings, record: PlayerEvent) -> Sequence[Change]:
    """Give the rows that a record would change; raises `SetupError`."""
    with closing(Database(settings.postgres_dsn)) as database:
        return preview(database, [record])


def append(settings: Settings, record: PlayerEvent) -> None:
    """Append a record to the topic; the workers do the rest. Raises `SetupError`."""
    publish(settings.kafka_bootstrap, [record])

"""Dead letters of players' events, for the API and for the command line."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import closing
from datetime import timedelta
from functools import partial
from typing import TypeVar

from psycopg_pool import AsyncConnectionPool

from application.player_events.dead_letters import DeadLetterRepairs
from application.player_events.intake import Intake, InvalidEvent
from application.player_events.repair import Repair, Repairing, decode_repair
from application.ports.commands import Unavailable
from application.ports.projections import Change
from domain.player_events.event import PlayerEvent
from domain.player_events.letters import DeadLetterUnrepaired
from domain.refusals import Refusal
from infra.player_events.dead_letters import DecisionTopics
from infra.player_events.preview import preview
from infra.player_events.publishing import publish
from infra.postgres.database import Database
from interfaces.bootstrap import SetupError
from interfaces.bootstrap.subjects import opener, seals_of
from interfaces.settings import Settings
from projections.player_events.dead_letters import DeadLetterQueries, Wanted
from projections.positions import Pool
from projections.projection import ReadModelMissing

__all__ = ["Change", "Wanted", "ask", "dead_letters", "intake_of", "repair_from"]

CONNECT_TIMEOUT_S = 5
"""How long PostgreSQL may take to let a command in."""

Outcome = TypeVar("Outcome")
Work = Callable[[DeadLetterRepairs, DeadLetterQueries], Awaitable[Outcome]]


def intake_of(settings: Settings) -> Intake:
    """Build what takes in reports."""
    oldest = timedelta(days=settings.events_oldest_days)
    return Intake(
        accept_unknown=settings.event_types == "any",
        oldest=oldest,
        players_score_in=frozenset(settings.players_score_in),
    )


def dead_letters(
    settings: Settings, letters: DeadLetterQueries, intake: Intake
) -> DeadLetterRepairs:
    """Build what decides on dead letters."""
    return DeadLetterRepairs(
        letters,
        DecisionTopics(settings.kafka_bootstrap, partial(seals_of, settings)),
        Repairing(intake),
        partial(publish, settings.kafka_bootstrap),
        partial(_preview, settings),
    )


def _preview(settings: Settings, records: Sequence[PlayerEvent]) -> Sequence[Change]:
    try:
        with closing(Database(settings.postgres_dsn)) as database:
            return preview(database, records)
    except SetupError as error:
        raise DeadLetterUnrepaired(str(error)) from error


def repair_from(text: bytes) -> Repair:
    """Read an event as it should have been; raises `SetupError`."""
    try:
        return decode_repair(text)
    except InvalidEvent as error:
        raise SetupError(f"{error.field}: {error}.") from error


def ask(settings: Settings, work: Work[Outcome]) -> Outcome:
    """Let a command look at dead letters and decide; raises `SetupError`."""
    try:
        return asyncio.run(_ask(settings, work))
    except InvalidEvent as error:
        raise SetupError(f"{error.field}: {error}.") from error
    except (Refusal, Unavailable, ReadModelMissing) as error:
        raise SetupError(str(error)) from error


async def _ask(settings: Settings, work: Work[Outcome]) -> Outcome:
    pool: Pool = AsyncConnectionPool(
        settings.postgres_dsn, min_size=1, timeout=CONNECT_TIMEOUT_S, open=False
    )
    async with pool:
        letters = DeadLetterQueries(pool, opener(settings))
        return await work(dead_letters(settings, letters, intake_of(settings)), letters)

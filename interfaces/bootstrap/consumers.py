"""Consumers: what operators let them pass over."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from datetime import datetime
from uuid import uuid4

import httpx

from application.history import LATEST, Moment, batches
from application.ports.commands import Envelope
from application.ports.reading import LogReader
from application.skipping import SkippingReader
from domain.categories import CATEGORIES, OPERATIONS
from domain.events import Metadata, Position
from domain.operations.consumer import PositionSkipped, SkipPosition
from infra.commands_client import ApiAway, CommandsClient
from infra.kafka import records
from interfaces.bootstrap import SetupError
from interfaces.bootstrap.events import events
from interfaces.bootstrap.log import log_reader
from interfaces.settings import Settings
from interfaces.tokens import Tokens

LOGS = frozenset(category.topic for category in CATEGORIES)


def what_is_at(settings: Settings, position: Position) -> Mapping[str, object]:
    """Show what an operator is about to skip; raises `SetupError` where there is nothing."""
    if position.topic in LOGS:
        return _event_at(settings, position)
    found = records.record_at(settings.kafka_bootstrap, position)
    return {"position": str(position), "key": found.key, "value": found.value}


def _event_at(settings: Settings, position: Position) -> Mapping[str, object]:
    with ExitStack() as held:
        reader = log_reader(settings, "skipped", [position.topic], held, position[:2])
        for batch in batches(reader, (), Moment(position=position)):
            for recorded in batch.events:
                if recorded.position == position:
                    event = recorded.event
                    return {
                        "position": str(position),
                        "type": event.wire_name(),
                        "aggregate": event.originator_id,
                        "version": event.originator_version,
                        "at": event.timestamp,
                    }
    raise SetupError(f"There is no event at {position}.")


def skip(settings: Settings, consumer: str, position: Position, reason: str, by: str) -> None:
    """Let a consumer pass over a position; raises `SetupError` where the API does not answer."""
    command = SkipPosition(consumer=consumer, position=str(position), reason=reason)
    envelope = Envelope(command_id=uuid4().hex, command=command, metadata=Metadata(actor=by))
    tokens = Tokens(settings.signing_secret())
    once = CommandsClient(settings.base_url, lambda: tokens.issue(by, "admin"), lambda: True)
    try:
        with closing(once):
            (verdict,) = once.execute([envelope])
    except (ApiAway, httpx.TransportError) as error:
        raise SetupError(
            f"The API at {settings.base_url} does not take the decision: {error}."
        ) from error
    if verdict.refusal is not None:
        raise SetupError(verdict.refusal.detail)


def skips(settings: Settings, consumer: str) -> Sequence[tuple[str, datetime, str, str]]:
    """Give what a consumer passes over: position, when, by whom and why."""
    return [
        (event.position, event.timestamp, recorded.metadata.actor or "", event.reason)
        for recorded in events(settings, OPERATIONS.topic, consumer, LATEST)
        if isinstance(event := recorded.event, PositionSkipped)
    ]


def skipped(settings: Settings, consumer: str) -> frozenset[Position]:
    """What a consumer passes over, up to now; raises as `log_reader` does."""
    return frozenset(Position.parse(position) for position, *_ in skips(settings, consumer))


def skipping(settings: Settings, consumer: str, reader: LogReader) -> LogReader:
    """The reader of a consumer, without what it passes over."""
    passed_over = skipped(settings, consumer)
    return SkippingReader(reader, passed_over) if passed_over else reader

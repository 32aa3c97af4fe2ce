"""What families know of people, collected from the lists that there are."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from application.personal import Open
from application.ports.people import Knowledge
from application.subjects.erasure import GoesLater
from domain.categories import CATEGORIES
from domain.category import Category
from infra import (
    limits,
    listening,
    once,
    passkey_uses,
    presence,
    push_subscriptions,
    sign_ins,
    walks,
)
from infra.eventlog.people import LogOfPeople
from infra.eventlog.reader import KafkaLogReader
from infra.kafka.topics import retention_hours
from infra.mail import attempts
from infra.postgres import positions, processes
from infra.postgres.people import TableOfPeople
from infra.postgres.pool import connections
from infra.subjects.people import KeysOfPeople
from interfaces.bootstrap.api import Foundation
from interfaces.bootstrap.topics import declared
from interfaces.bootstrap.workers import read_models
from interfaces.http.subjects.people import AT_ONCE, People
from projections.people import KeySays, TableSays
from projections.positions import Pool

GROUP = "gamehall-people"
UNREAD = "what could not be read"
"""A dead letter, to whom it is about."""


async def build(base: Foundation) -> list[object]:
    """Build what exports and erases; exports have connections of their own, as each may be long."""
    pool = await connections(base.settings.postgres_dsn, AT_ONCE, base.held)
    open = base.seals.open
    families = [*_logs(base, open), *_tables(pool, open)]
    families.append(KeysOfPeople(base.settings.kafka_bootstrap))
    later = list(going_later(base.settings.log_partitions))
    return [People(families, later, once.TriesInRedis(base.redis))]


def _logs(base: Foundation, open: Open) -> Iterator[Knowledge]:
    for category in CATEGORIES:
        yield LogOfPeople(category, partial(_reader, base, category), open)


def _reader(base: Foundation, category: Category, user_id: str) -> KafkaLogReader:
    bootstrap = base.settings.kafka_bootstrap
    return KafkaLogReader(bootstrap, [category], base.partitions, GROUP, of=user_id)


def tables() -> Iterator[tuple[Any, TableSays]]:
    """Every table of the hall, with what it says of people."""
    for model in read_models():
        for table in model.record().tables if model.record else ():
            yield table.name, table.says
    yield "sign_ins", sign_ins.SAYS
    yield "passkey_uses", passkey_uses.SAYS
    yield "push_subscriptions", push_subscriptions.SAYS
    yield from positions.SAY.items()
    yield from processes.SAY.items()


def keys() -> Mapping[str, Sequence[KeySays]]:
    """Every kind of key in Redis, by the read model that it is of, or none."""
    found = {model.name: model.says for model in read_models() if model.says}
    kept = (*limits.SAYS, *listening.SAYS, *once.SAYS, *presence.SAYS, *attempts.SAYS, *walks.SAYS)
    return {**found, "": kept}


def _tables(pool: Pool, open: Open) -> Iterator[Knowledge]:
    for name, says in tables():
        if says.of:
            yield TableOfPeople(name, says, pool, open)


def going_later(log_partitions: int) -> Iterator[GoesLater]:
    """The topics that others read too, which hold what was said until its time is over."""
    for topic in declared(log_partitions):
        hours = retention_hours(topic.kind)
        if hours is not None:
            what = UNREAD if topic.kind == "letters" else topic.holds or "messages"
            yield GoesLater(place=topic.name, what=what, hours=hours)

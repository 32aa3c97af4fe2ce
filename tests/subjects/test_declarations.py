"""Whatever is kept is declared: of whom it is, what an erasure takes, and what stays and why."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_origin, get_type_hints

import psycopg
import pytest
import redis

from application.ports.people import Knowledge
from domain.categories import CATEGORIES
from domain.events import DomainEvent
from domain.personal import OpenText, PersonId, Sealed, Tells, fields_with_people, told_in
from infra.kafka.topics import SETTINGS
from interfaces.bootstrap.people import going_later, keys, tables
from interfaces.bootstrap.workers import WORKERS, read_models
from projections.people import KeySays, TableSays
from projections.waitroom.queue import Queue
from tests.conftest import Hall
from tests.projections.stories import tell_of_absence, tell_of_orders, tell_of_rooms
from tests.projections.story import Narrator

EVENTS = [event for category in CATEGORIES for event in (*category.evolvers, *category.upcasts)]
TABLES = dict(tables())
KEYS = keys()
MIGRATIONS = {"alembic_version"}


def undeclared_fields(event: type[DomainEvent]) -> Iterator[str]:
    """The fields of an event that may hold a text, of which nobody says whose it is."""
    hints = get_type_hints(event, include_extras=True)
    for name in event.__struct_fields__:
        if name not in DomainEvent.__struct_fields__ and may_hold_text(hints[name]):
            yield name


def may_hold_text(hint: Any) -> bool:
    if told_in(hint) is not None or hint is Sealed:
        return False
    if get_origin(hint) is None:
        return hint is str or hasattr(hint, "__struct_fields__")
    return any(may_hold_text(each) for each in get_args(hint))


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: event.__name__)
def test_every_text_in_an_event_is_declared(event: type[DomainEvent]) -> None:
    assert not [*undeclared_fields(event)], "say whose it is: domain.personal.Tells"


def test_what_a_person_reads_of_an_erasure_names_no_place_of_the_hall() -> None:
    later = [*going_later(4)]
    places = {*TABLES, *WORKERS, *(each.place for each in later)}
    names = [place for place in places if not place.isalpha()]  # others are words as well
    told = [says.stays for says in TABLES.values()] + [each.what for each in later]
    told += [text for kind in Knowledge.__subclasses__() for text in (kind.forgets, kind.stays)]
    assert len(names) > 30
    assert [text for text in told if "`" in text or any(name in text for name in names)] == []


class SomebodyWaved(DomainEvent, frozen=True, kw_only=True, tag="made-up.waved.v1"):
    user_id: PersonId
    told: list[str]
    why: OpenText
    often: int
    name: Sealed | None = None
    whom: PersonId | None = None


def test_an_event_that_does_not_say_is_noticed() -> None:
    assert [*undeclared_fields(SomebodyWaved)] == ["told"]
    assert fields_with_people(SomebodyWaved) == ("user_id", "whom")
    assert told_in(get_type_hints(SomebodyWaved, include_extras=True)["why"]) is Tells.OPEN


def test_somebody_is_named_by_events_of_every_category_but_of_consumers_and_effects() -> None:
    naming = {c.name for c in CATEGORIES if any(map(fields_with_people, c.evolvers))}
    assert naming == {category.name for category in CATEGORIES} - {"operations", "effect"}


# -- tables ----------------------------------------------------------------------------------------


def wrong(said: dict[str, TableSays], there: dict[str, set[str]]) -> Iterable[str]:
    """The columns that are not declared, or declared and not there, or declared twice."""
    for table in sorted(said.keys() | there.keys()):
        names = said[table].names if table in said else []
        for column in sorted({*names} ^ there.get(table, set())):
            yield f"{table}.{column}"
        yield from (f"{table}.{name} twice" for name in {*names} if names.count(name) > 1)


def test_every_column_of_every_table_is_declared_once(servers: Hall) -> None:
    query = """
        SELECT table_name, column_name FROM information_schema.columns
        JOIN information_schema.tables USING (table_schema, table_name)
        WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
    """
    there: dict[str, set[str]] = {}
    with psycopg.connect(servers.postgres) as connection:
        for table, column in connection.execute(query):
            there.setdefault(table, set()).add(column)
    assert not [*wrong(TABLES, {t: c for t, c in there.items() if t not in MIGRATIONS})]


def test_a_column_or_table_that_nobody_declared_is_noticed() -> None:
    said = {"a": TableSays(of=("who",), facts=("n", "n")), "b": TableSays(facts=("x",))}
    there = {"a": {"who", "n", "nick"}, "c": {"y"}}
    assert [*wrong(said, there)] == ["a.nick", "a.n twice", "b.x", "c.y"]


@pytest.mark.parametrize("table", TABLES)
def test_what_is_of_a_person_says_what_becomes_of_it(table: str) -> None:
    said = TABLES[table]
    assert bool(said.of) >= bool(said.sealed or said.emptied or said.open or said.found)
    if said.of:
        assert said.stays or said.instead
    if said.open:
        assert said.stays


# -- keys in Redis ---------------------------------------------------------------------------------


@pytest.mark.parametrize("model", read_models(), ids=lambda model: model.name)
def test_who_keeps_keys_in_redis_declares_them(model: Any) -> None:
    assert bool(model.says) == ("redis" in model.stores)


INTERNAL = re.compile("positions|parked|building")


def undeclared_keys(client: "redis.Redis") -> Iterator[str]:
    """The keys in Redis, and fields of hashes there, that nobody declares."""
    for found in client.scan_iter():
        name = str(found)
        if name.startswith("projection:"):
            continue  # the names of generations
        model, at, rest = name.partition("@")
        suffix = rest.partition(":")[2] if at and model in KEYS else name
        if INTERNAL.fullmatch(suffix):
            continue
        kinds = [key for key in KEYS[model if suffix != name else ""] if matches(key, suffix)]
        if not kinds:
            yield name
        elif client.type(name) == "hash" and not kinds[0].members:
            known = {*kinds[0].fields, *kinds[0].of, *kinds[0].sealed}
            fields: Any = client.hkeys(name)
            yield from (f"{name} {field}" for field in {*fields} - known)


def matches(key: KeySays, suffix: str) -> bool:
    pattern = ".+".join(map(re.escape, key.pattern.split("*")))
    return re.fullmatch(pattern, suffix, re.DOTALL) is not None


def test_every_key_and_field_of_rooms_is_declared_and_another_is_noticed(empty: Hall) -> None:
    narrator = Narrator()
    for tell in (tell_of_rooms, tell_of_orders, tell_of_absence):
        tell(narrator)
    with redis.Redis.from_url(empty.redis, decode_responses=True) as client:
        with client.pipeline() as pipeline:
            Queue().fold(narrator.events).write(pipeline, "waitroom@1")
            pipeline.execute()
        assert not [*undeclared_keys(client)]
        client.hset("waitroom@1:sessions:concert-0-1", "nickname", "Bob")
        client.set("waitroom@1:nicknames", "Bob")
        client.set("nicknames", "Bob")
        assert {*undeclared_keys(client)} == {
            "waitroom@1:sessions:concert-0-1 nickname",
            "waitroom@1:nicknames",
            "nicknames",
        }


def test_every_kind_of_topic_is_kept_for_a_time_or_forgets_by_key() -> None:
    for kind, settings in SETTINGS.items():
        assert (
            kind == "log" or "retention.ms" in settings or "compact" in settings["cleanup.policy"]
        )

"""Rules and effects in PostgreSQL, as they are asked for."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from psycopg_pool import AsyncConnectionPool

from infra.effects.metrics import EffectMetrics
from infra.effects.rules import rules_in
from infra.postgres.database import Database
from projections.effects.queries import EffectQueries
from projections.projection import InvalidCursor, ReadModelMissing
from tests.conftest import Hall
from tests.projections.conftest import Build
from tests.projections.living import live
from tests.projections.stories import tell_of_effects
from tests.projections.story import Narrator


@pytest.fixture
async def effects(empty: Hall) -> AsyncIterator[EffectQueries]:
    settings: Any = {"autocommit": True}
    async with AsyncConnectionPool(empty.postgres, open=False, kwargs=settings) as pool:
        yield EffectQueries(pool)


async def test_nobody_tells_of_effects_before_there_is_a_read_model(
    empty: Hall, effects: EffectQueries
) -> None:
    with pytest.raises(ReadModelMissing):
        await effects.rules()
    assert rules_in(Database(empty.postgres).connection) is None


async def test_rules_and_effects_are_told_as_they_stand(
    empty: Hall, effects: EffectQueries, read_model: Build, narrator: Narrator
) -> None:
    tell_of_effects(narrator)
    live(read_model("effect-ledger"))

    rules = {rule.name: rule for rule in await effects.rules()}
    assert {name: rule.status for name, rule in rules.items()} == {
        "counting": "active",
        "mailing": "active",
        "paused": "paused",
    }
    assert rules["mailing"].where == {"event_id": "concert", "vip": True}
    removed = await effects.rule("removed")
    assert removed is not None
    assert removed.status == "removed"
    assert await effects.rule("nothing") is None
    known = rules_in(Database(empty.postgres).connection)
    assert known is not None
    assert {rule.name for rule in known if rule.status == "active"} == {"counting", "mailing"}

    one = await effects.effect("mailing:QUEUE_JOINED:0:3")
    assert one is not None
    assert (one.status, one.attempts, one.doubted) == ("unknown", 1, True)
    assert await effects.effect("nothing") is None


async def test_what_is_final_is_forgotten_when_its_line_has_gone_on_for_some_days(
    effects: EffectQueries, read_model: Build, narrator: Narrator
) -> None:
    tell_of_effects(narrator)
    live(read_model("effect-ledger"))

    # The line of partition 0 has gone on for 40 days, that of partition 1 ended on its first.
    page = await effects.page("counting", "accepted", 100, None)
    assert [each.id for each in page.effects] == [
        "counting:QUEUE_JOINED:0:20",
        "counting:QUEUE_JOINED:1:10",
    ]
    rejected = await effects.page("counting", "rejected", 100, None)
    assert {each.id.rpartition(":")[2] for each in rejected.effects} == {"21", "27", "11", "17"}


async def test_effects_are_listed_page_by_page_the_newest_first(
    effects: EffectQueries, read_model: Build, narrator: Narrator
) -> None:
    tell_of_effects(narrator)
    live(read_model("effect-ledger"))

    whole = await effects.page(None, None, 100, None)
    listed, before = list[str](), None
    while True:
        page = await effects.page(None, None, 3, before)
        listed += [each.id for each in page.effects]
        before = page.before
        if before is None:
            break
    assert listed == [each.id for each in whole.effects]
    times = [each.first_at for each in whole.effects]
    assert times == sorted(times, reverse=True)
    with pytest.raises(InvalidCursor):
        await effects.page(None, None, 3, "nothing")


async def test_how_many_there_were_and_how_many_are_open_is_counted(
    effects: EffectQueries, read_model: Build, narrator: Narrator
) -> None:
    tell_of_effects(narrator)
    live(read_model("effect-ledger"))

    counted = {(each.rule, each.outcome): each.count for each in await effects.counts()}
    assert counted["mailing", "attempted"] == 8
    assert counted["mailing", "accepted"] == 1
    assert counted["mailing", "rejected"] == 2
    assert counted["mailing", "repeated"] == 1
    given_up = {outcome: count for (rule, outcome), count in counted.items() if rule == "removed"}
    assert (given_up["crowded"], given_up["dropped"]) == (2, 3)
    assert await effects.open("removed") == []
    open = {(each.rule, each.status): each.count for each in await effects.open("mailing")}
    assert open == {("mailing", "unknown"): 4}

    metrics = EffectMetrics(effects)
    await metrics.look()
    told = {family.name for family in metrics.collect() if family.samples}
    assert told == {
        "gamehall_effects",
        "gamehall_effects_open",
        "gamehall_effects_oldest_open_seconds",
    }

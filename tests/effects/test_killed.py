"""A worker of effects is killed at every step, on real servers: per kind, its promise holds.

Each kind goes to a receiver of its own, which counts; afterwards what was counted has to agree with
what the ledger says of each effect.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import get_args

import msgspec
import pytest

from application.effects.rules import RuleOrders
from application.effects.signing import message_id
from domain.effects.actions import AnyAction, TcpLine
from domain.effects.rule import Beginning
from infra.stack.waiting import until
from tests.conftest import Hall
from tests.effects.killed import STEPS
from tests.effects.kinds import (
    PATIENCE_S,
    TRIED,
    Crowd,
    Kinds,
    a_rule,
    a_worker,
    agrees,
    are,
    effects_of,
    how_they_stand,
    is_heard,
)
from tests.effects.receivers import HERE

JOINS = 12
"""Before each death, and once after the last."""


@pytest.fixture
def kinds(hall: Hall) -> Iterator[Kinds]:
    with ExitStack() as held:
        yield Kinds(hall, held, "killed")


@pytest.mark.timeout(400)
def test_whatever_step_it_dies_at_what_was_counted_is_what_the_ledger_says(
    hall: Hall, kinds: Kinds
) -> None:
    assert {rule.kind for rule in kinds.rules} == {
        kind.__struct_config__.tag for kind in get_args(AnyAction)
    }
    kinds.make_topic()
    crowd = Crowd(hall, kinds.name)
    for step in STEPS:
        crowd.join(JOINS)
        with a_worker(kinds.environment, kinds.rules, step) as worker:
            assert worker.wait(PATIENCE_S) == -9, f"it did not come to {step}"
    crowd.join(JOINS)
    with a_worker(kinds.environment, kinds.rules) as worker:
        known = are(hall, kinds.rules, crowd.joined, *TRIED)
        assert until(known, seconds=PATIENCE_S), how_they_stand(hall, kinds.rules)
        worker.terminate()
        assert worker.wait(PATIENCE_S) == 0

    told = {rule.kind: effects_of(hall, rule.name) for rule in kinds.rules}
    assert until(lambda: is_heard(kinds, told["socket"]), seconds=PATIENCE_S)
    for kind, effects in told.items():
        assert any(each["doubted"] for each in effects.values()), kind
        assert any(each["status"] == "accepted" for each in effects.values()), kind
        agrees(kinds, kind, effects)
    _could_be_read(kinds)


def _could_be_read(kinds: Kinds) -> None:
    """Every push was signed by the hall, and the browser alone could read it."""
    (rule,) = kinds.of("web-push")
    ids = {message_id(effect) for effect in effects_of(kinds.hall, rule.name)}
    requests = kinds.service.requests
    assert {kinds.browser.read(each)["id"] for each in requests} <= ids
    assert {kinds.service.signer_of(each) for each in requests} == {"mailto:hall@example.org"}


def test_what_is_tried_again_is_read_again_from_the_log(hall: Hall, kinds: Kinds) -> None:
    rule = _on_the_log(kinds)
    kinds.lines.next.extend(["busy"] * (JOINS // 2))
    Crowd(hall, kinds.name).join(JOINS)
    with a_worker(kinds.environment, [rule]) as worker:
        accepted = are(hall, [rule], JOINS, "accepted")
        assert until(accepted, seconds=PATIENCE_S), how_they_stand(hall, [rule])
        worker.terminate()
        assert worker.wait(PATIENCE_S) == 0
    effects = effects_of(hall, rule.name)
    assert Counter(each["attempts"] for each in effects.values()) == {1: JOINS // 2, 2: JOINS // 2}
    assert kinds.counted("tcp").keys() == effects.keys()


def _on_the_log(kinds: Kinds) -> RuleOrders:
    """A rule on the log itself."""
    begins = tuple(Beginning(partition=p) for p in range(kinds.hall.settings.log_partitions))
    rule = a_rule(f"{kinds.name}-log", TcpLine(host=HERE, port=kinds.lines.port), begins)
    where = {"originator_id": kinds.name}
    return msgspec.structs.replace(
        rule, topic="waitroom-log", of_type="waitroom.joined.v1", where=where
    )

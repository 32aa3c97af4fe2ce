"""Receivers are slow, refuse, answer too late, are killed and come back: what is said holds.

One worker carries out two sets of rules on the same events. Those whose receivers are well have
done all of it before anything is mended; and what the others' receivers have counted agrees with
what the ledger says of each effect.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any

import httpx
import msgspec
import pytest

from application.effects.rules import RuleOrders
from infra.kafka.append import NewRecord, append_durably
from infra.stack.waiting import until
from tests.conftest import Hall
from tests.effects.adapters.wires import wire_to
from tests.effects.harm import WAYS, Harm
from tests.effects.kinds import (
    OVER,
    PATIENCE_S,
    TOPIC,
    Kinds,
    a_worker,
    agrees,
    are,
    effects_of,
    how_they_stand,
    is_heard,
)

SECONDS, MANY_SECONDS = 2, 20
"""What an effect may take, a mail twice as long; and so many that nothing comes too late."""

SLOW = ("file", "webhook", "tcp", "email", "web-push", "sms")
"""Kinds whose receiver may take as long as that."""

FEW = 2
"""Who join while receivers are slow or away."""

WELL = ("file", "table", "topic", "webhook", "tcp", "web-push")
"""Kinds of which there can be two receivers for one worker."""

REPEATED = {"accepted": FEW + 9, "rejected": 2}
ONCE = {"accepted": FEW + 4, "rejected": 2, "unknown": 5}
"""What becomes of a few and `WAYS`, where lost answers are asked for again, and where not."""

UNREPEATED = frozenset({"email", "web-push", "socket"})
"""Kinds that nobody repeats once they may have been done."""

OF_WAYS: Mapping[str, Mapping[str, int]] = {
    **dict.fromkeys(("webhook", "sms", "tcp"), REPEATED),
    **dict.fromkeys(("email", "web-push"), ONCE),
}


class Scene:
    """A room, those who join it, and rules that are well and harmed."""

    def __init__(self, hall: Hall, held: ExitStack) -> None:
        self.hall = hall
        self.well, self.harmed = (Kinds(hall, held, of) for of in ("well", "harmed"))
        self.well.make_topic()
        self.wire, self.redis = held.enter_context(
            wire_to(hall.redis, hall.settings.redis_port or 0)
        )
        self.harm = Harm(self.harmed, self.wire, held)
        self.joined = 0
        self._hurried: set[str] = set()
        room = {"event_id": self.harmed.name}
        self.well.rules = [
            msgspec.structs.replace(rule, where=room) for rule in self.well.of(*WELL)
        ]

    @property
    def rules(self) -> Sequence[RuleOrders]:
        return [*self.well.rules, *self.harmed.rules]

    @contextmanager
    def at_work(self, rules: Sequence[RuleOrders], seconds: int) -> Iterator[None]:
        """Within the block a worker carries them out."""
        environment = {
            **self.harmed.environment,
            "GAMEHALL_REDIS": self.redis,
            "EFFECT_SECONDS": str(seconds),
        }
        with a_worker(environment, rules) as worker:
            yield
            worker.terminate()
            assert worker.wait(PATIENCE_S) == 0

    def join(self, count: int) -> None:
        """Some join, at once, as the relay tells of one partition."""
        room = self.harmed.name
        message = {"session_id": "", "event_id": room, "position": 1, "joined_at": None}
        records = [
            NewRecord(TOPIC, room, msgspec.json.encode({**message, "user_id": f"user-{number}"}))
            for number in range(self.joined, self.joined + count)
        ]
        append_durably(self.hall.kafka, records, PATIENCE_S)
        self.joined += count

    def unharmed(self, **well: int) -> None:
        """Wait until all that is well is done, and all that is not was tried.

        `well` says how many effects of other kinds are accepted by then.
        """
        self.wait(self.well.rules, self.joined, "accepted")
        for kind, count in well.items():
            self.wait(self.harmed.of(kind), count, "accepted")
        for rule in self.harmed.rules:
            is_tried = partial(self._is_tried, rule)
            assert until(is_tried, seconds=PATIENCE_S), how_they_stand(self.hall, self.rules)

    def _is_tried(self, rule: RuleOrders) -> bool:
        """Whether every effect was attempted and settled once; some are under way again already."""
        effects = effects_of(self.hall, rule.name).values()
        tried = [each["status"] != "attempted" or each["attempts"] > 1 for each in effects]
        return len(tried) == self.joined and all(tried)

    def mend(self) -> None:
        """Let all be well, and wait until nothing is to be tried again.

        What waits for that need not, as an operator says who has mended it.
        """
        self.harm.mend()
        for rule in self.harmed.rules:
            is_over = partial(self._is_over, rule)
            assert until(is_over, seconds=PATIENCE_S), how_they_stand(self.hall, self.rules)

    def wait(self, rules: Sequence[RuleOrders], count: int, *statuses: str) -> None:
        stand = are(self.hall, rules, count, *statuses)
        assert until(stand, seconds=PATIENCE_S), how_they_stand(self.hall, self.rules)

    def told(self, kind: str) -> Counter[str]:
        """How the effects of a harmed rule stand."""
        return Counter(each["status"] for each in self.effects(kind).values())

    def doubted(self, kind: str) -> int:
        """How many of them may have been done without anybody knowing."""
        return sum(each["doubted"] for each in self.effects(kind).values())

    def effects(self, kind: str) -> Mapping[str, Mapping[str, Any]]:
        (rule,) = self.harmed.of(kind)
        return effects_of(self.hall, rule.name)

    def _is_over(self, rule: RuleOrders) -> bool:
        self._hurry(rule)
        return are(self.hall, [rule], self.joined, *OVER)()

    def _hurry(self, rule: RuleOrders) -> None:
        for id, effect in effects_of(self.hall, rule.name).items():
            attempt = f"{id} {effect['attempts']}"
            if effect["status"] == "waiting" and attempt not in self._hurried:
                path = f"{self.hall.base_url}/api/v1/effects/{id}/retry"
                httpx.post(path, headers=self.hall.admin())
                self._hurried.add(attempt)


@pytest.fixture
def scene(hall: Hall) -> Iterator[Scene]:
    with ExitStack() as held:
        yield Scene(hall, held)


@pytest.mark.timeout(300)
def test_whatever_befalls_receivers_others_are_unharmed_and_what_is_said_holds(
    scene: Scene,
) -> None:
    harm, harmed = scene.harm, scene.harmed
    harm.receivers_are_slow()
    harm.the_file_is_locked()
    scene.join(FEW)
    with scene.at_work([*scene.well.rules, *harmed.of(*SLOW)], MANY_SECONDS):
        scene.wait(scene.well.rules, FEW, "accepted")
        scene.wait(harmed.of(*SLOW), FEW, "attempted")
        harm.mend()
        scene.wait(harmed.of(*SLOW), FEW, "accepted")
        assert not any(map(scene.doubted, SLOW)), how_they_stand(scene.hall, scene.rules)

    harm.receivers_do_their_worst()
    harm.the_table_is_locked()
    harm.the_file_is_locked()
    harm.there_is_no_topic()
    scene.join(len(WAYS))
    with scene.at_work(scene.rules, SECONDS):
        scene.unharmed(redis=scene.joined, socket=scene.joined)
        scene.mend()
        for kind, told in OF_WAYS.items():
            assert scene.told(kind) == told, (kind, how_they_stand(scene.hall, scene.rules))
            assert scene.doubted(kind) == 5
        assert (scene.doubted("table"), scene.doubted("file")) == (scene.joined, len(WAYS))

        harm.are_killed(harmed.hook, harmed.lines, harmed.service)
        harm.the_table_is_dropped()
        harm.the_file_cannot_be_written()
        harm.the_topic_takes_nothing()
        harm.redis_falls_silent()
        scene.join(FEW)
        scene.unharmed(email=ONCE["accepted"] + FEW, sms=REPEATED["accepted"] + FEW)
        late = scene.told("socket")["unknown"]
        assert late
        scene.wire.heal()
        heard = scene.told("socket")["accepted"] + late
        they_hear = lambda: len(harmed.heard) >= heard  # noqa: E731
        assert until(they_hear, seconds=PATIENCE_S), "what came after the time-out"

        harm.are_killed(harmed.mails, harmed.gateway)
        harm.redis_is_away()
        scene.join(FEW)
        scene.unharmed()
        scene.wait(harmed.of("email", "sms"), FEW, "waiting")
        scene.mend()
    _all_agree(scene)


def _all_agree(scene: Scene) -> None:
    effects = {rule.kind: effects_of(scene.hall, rule.name) for rule in scene.harmed.rules}
    assert until(lambda: is_heard(scene.harmed, effects["socket"]), seconds=PATIENCE_S)
    for kind, told in effects.items():
        agrees(scene.harmed, kind, told, removed=scene.harm.removed_rows if kind == "table" else ())
        assert any(each["doubted"] for each in told.values()) or kind == "topic"
        is_unknown = any(each["status"] == "unknown" for each in told.values())
        assert is_unknown == (kind in UNREPEATED), how_they_stand(scene.hall, scene.rules)
    assert scene.told("topic")["rejected"]
    for rule in scene.well.rules:
        agrees(scene.well, rule.kind, effects_of(scene.hall, rule.name))

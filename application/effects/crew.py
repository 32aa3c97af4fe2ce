"""The crew: a thread for each rule, which works, fails and starts again by itself."""

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager

import structlog

from application.effects.lines import Deposed
from application.effects.rules import RuleOrders
from application.effects.runner import RuleRunner

LOOK_INTERVAL_S = 1.0
"""Between looks at what rules there are."""

ANEW_PAUSES_S = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0)
"""Before a rule that failed starts again; the last as often as it takes."""

FORGET_INTERVAL_S = 10.0
"""Before what is left of removed rules is asked to go again."""

WELL_AFTER_S = 30.0
"""A rule that fails after so long has no failures behind it."""

logger = structlog.get_logger(__name__)

Stopped = Callable[[], bool]
Build = Callable[[RuleOrders, Stopped], AbstractContextManager[RuleRunner]]
KnownRules = Callable[[], Sequence[RuleOrders] | None]
"""The rules that there are; None where nobody knows at the moment."""

Forget = Callable[[Collection[str]], Collection[str]]
"""Removes what readers of these rules have left elsewhere, and says of which nothing is left."""


class RuleAtWork:
    """One rule at work, in a thread of its own."""

    def __init__(self, rule: RuleOrders, work: "Callable[[RuleAtWork], None]") -> None:
        self.rule = rule
        self.told = threading.Event()
        self.thread = threading.Thread(target=work, args=[self], name=f"rule-{rule.name}")


class Crew:
    """Has every active rule carried out, each in its thread. To be used by one thread.

    What rules that were removed have left elsewhere goes by `forget`, where anything is.

    Guarantee: at any time there is one thread for a rule at most.
    """

    def __init__(
        self,
        rules: KnownRules,
        build: Build,
        check: Callable[[], None],
        forget: Forget = frozenset,
    ) -> None:
        self._rules = rules
        self._build = build
        self._check = check
        self._forget = forget
        self._forgotten: set[str] = set()
        self._asked: set[str] = set()
        self._asked_at = 0.0
        self._places: dict[str, RuleAtWork] = {}
        self._leaving: dict[str, RuleAtWork] = {}
        self._ended = threading.Event()
        self._deposed: Deposed | None = None

    def run(self, stopped: Stopped) -> None:
        """Work until `stopped`; raises `Deposed`, or what `check` raises when the lock is lost."""
        try:
            while not stopped():
                self._check()
                self.look()
                self._ended.wait(LOOK_INTERVAL_S)
                if self._deposed is not None:
                    raise self._deposed
        finally:
            self._stop(list(self._places))
            for place in self._leaving.values():
                place.thread.join()

    def look(self) -> None:
        """Begin with rules that are new or changed, and end with those that are paused or gone."""
        rules = self._rules()
        if rules is None:
            return
        active = {rule.name: rule for rule in rules if rule.status == "active"}
        self._stop([name for name, each in self._places.items() if active.get(name) != each.rule])
        self._leaving = {n: each for n, each in self._leaving.items() if each.thread.is_alive()}
        for name, rule in active.items():
            if name not in self._places and name not in self._leaving:
                self._begin(rule)
        self._forget_removed({rule.name for rule in rules if rule.status == "removed"})

    def _forget_removed(self, removed: set[str]) -> None:
        """Forget rules that nobody reads for any more; what does not go is asked to again later.

        A worker asks for all of them once, so nothing stays where the one before was killed.
        """
        left = removed - self._forgotten - self._leaving.keys()
        is_time = time.monotonic() - self._asked_at >= FORGET_INTERVAL_S
        if wanted := left if is_time else left - self._asked:
            self._asked, self._asked_at = self._asked | wanted, time.monotonic()
            self._forgotten.update(self._forget(wanted))

    @property
    def at_work(self) -> Mapping[str, RuleOrders]:
        """The rules that are carried out."""
        return {name: place.rule for name, place in self._places.items()}

    def _begin(self, rule: RuleOrders) -> None:
        self._places[rule.name] = place = RuleAtWork(rule, self._keep_going)
        place.thread.start()

    def _stop(self, names: Sequence[str]) -> None:
        """Tell some; each first says what came of what it had begun, and nobody waits for that."""
        for name in names:
            self._leaving[name] = place = self._places.pop(name)
            place.told.set()

    def _keep_going(self, place: RuleAtWork) -> None:
        structlog.contextvars.bind_contextvars(worker="effects", rule=place.rule.name)
        failures = 0
        while not place.told.is_set():
            began = time.monotonic()
            try:
                with self._build(place.rule, place.told.is_set) as runner:
                    runner.run(place.told.is_set)
            except Deposed as deposed:
                self._deposed = deposed
                self._ended.set()
                return
            except Exception:  # whatever it is, other rules do not notice
                if time.monotonic() - began > WELL_AFTER_S:
                    failures = 0
                pause = ANEW_PAUSES_S[min(failures, len(ANEW_PAUSES_S) - 1)]
                failures += 1
                logger.exception("rule failed", starts_again_in_seconds=pause)
                place.told.wait(pause)

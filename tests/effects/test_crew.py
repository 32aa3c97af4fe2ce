"""Rules are carried out each by itself: one that is slow or fails is nobody else's matter."""

import threading
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from application.effects import crew as crews
from application.effects.crew import Crew
from application.effects.lines import Deposed
from application.effects.rules import RuleOrders
from tests.effects.world import orders


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crews, "LOOK_INTERVAL_S", 0.001)
    monkeypatch.setattr(crews, "ANEW_PAUSES_S", (0.0,))


def named(name: str, **others: Any) -> RuleOrders:
    rule = orders(**others)
    return RuleOrders(**{**{f: getattr(rule, f) for f in rule.__struct_fields__}, "name": name})


class Hall:
    """Rules that there are, and what each does while it works."""

    def __init__(self, *rules: RuleOrders) -> None:
        self.rules: list[RuleOrders] | None = list(rules)
        self.work: dict[str, Callable[[Callable[[], bool]], None]] = {}
        self.begun: list[tuple[str, int]] = []
        self.changed = threading.Condition()
        self.stop = threading.Event()
        self.asked: list[set[str]] = []
        self.stays: set[str] = set()

    def forget(self, names: Collection[str]) -> Collection[str]:
        with self.changed:
            self.asked.append(set(names))
            self.changed.notify_all()
        return set(names) - self.stays

    @contextmanager
    def build(self, rule: RuleOrders, _stopped: Callable[[], bool]) -> Iterator[Any]:
        yield Working(self, rule)

    def until(self, happened: Callable[[], bool]) -> None:
        with self.changed:
            assert self.changed.wait_for(happened, 10)

    @contextmanager
    def at_work(self, check: Callable[[], None] = lambda: None) -> Iterator[Crew]:
        crew = Crew(lambda: self.rules, self.build, check, self.forget)
        thread = threading.Thread(target=crew.run, args=[self.stop.is_set])
        thread.start()
        try:
            yield crew
        finally:
            self.stop.set()
            thread.join()


class Working:
    def __init__(self, hall: Hall, rule: RuleOrders) -> None:
        self._hall, self._rule = hall, rule

    def run(self, stopped: Callable[[], bool]) -> None:
        with self._hall.changed:
            self._hall.begun.append((self._rule.name, self._rule.version))
            self._hall.changed.notify_all()
        work = self._hall.work.get(self._rule.name)
        if work is not None:
            work(stopped)
        while not stopped():
            threading.Event().wait(0.001)


def assert_true(yes: bool) -> None:
    assert yes


def fails(_stopped: Callable[[], bool]) -> None:
    raise RuntimeError("It does not go.")


def test_a_rule_that_fails_starts_again_and_others_do_not_notice() -> None:
    hall = Hall(named("good"), named("bad"))
    hall.work["bad"] = fails
    with hall.at_work():
        hall.until(lambda: hall.begun.count(("bad", 1)) > 2)
    assert hall.begun.count(("good", 1)) == 1


def test_one_that_has_worked_well_for_long_has_no_failures_behind_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(crews, "WELL_AFTER_S", -1.0)
    monkeypatch.setattr(crews, "ANEW_PAUSES_S", (0.0, 3_600.0))
    hall = Hall(named("bad"))
    hall.work["bad"] = fails
    with hall.at_work():
        hall.until(lambda: hall.begun.count(("bad", 1)) > 2)


def test_while_nobody_knows_which_rules_there_are_they_go_on() -> None:
    hall = Hall(named("first"))
    crew = Crew(lambda: hall.rules, hall.build, lambda: None)
    crew.look()
    hall.rules = None
    crew.look()
    assert list(crew.at_work) == ["first"]
    with pytest.raises(ConnectionError):
        Crew.run(crew, _away)


def _away() -> bool:
    raise ConnectionError("It is over.")


def test_rules_are_taken_up_changed_and_let_go_of_while_it_runs() -> None:
    hall = Hall(named("first"))
    with hall.at_work() as crew:
        hall.until(lambda: ("first", 1) in hall.begun)
        hall.rules = [named("second", of_type="x")]
        hall.until(lambda: ("second", 1) in hall.begun)
        hall.rules = None  # nobody knows: they go on
        hall.rules = [named("second", of_type="y")]
        hall.until(lambda: hall.begun.count(("second", 1)) == 2)
        assert list(crew.at_work) == ["second"]
        hall.rules = [named("second", status="paused"), named("third")]
        hall.until(lambda: ("third", 1) in hall.begun)
        assert list(crew.at_work) == ["third"]


def test_one_that_ends_slowly_keeps_no_other_from_beginning_and_is_not_there_twice() -> None:
    hall = Hall(named("slow"))
    goes_on = threading.Event()
    hall.work["slow"] = lambda _: assert_true(goes_on.wait(10))
    with hall.at_work():
        hall.until(lambda: ("slow", 1) in hall.begun)
        hall.rules = [named("slow", of_type="x"), named("other")]
        hall.until(lambda: ("other", 1) in hall.begun)
        assert hall.begun.count(("slow", 1)) == 1
        goes_on.set()
        hall.until(lambda: hall.begun.count(("slow", 1)) == 2)


def test_who_is_deposed_ends_with_all_rules() -> None:
    def deposed(_stopped: Callable[[], bool]) -> None:
        raise Deposed("Another worker has the line.")

    hall = Hall(named("first"), named("second"))
    hall.work["second"] = deposed
    with pytest.raises(Deposed):
        Crew(lambda: hall.rules, hall.build, lambda: None).run(lambda: False)


def test_who_has_lost_the_lock_ends_with_all_rules() -> None:
    def lost() -> None:
        raise ConnectionError("The lock is lost.")

    with pytest.raises(ConnectionError):
        Crew(lambda: (), Hall().build, lost).run(lambda: False)


def test_what_a_removed_rule_leaves_is_forgotten_once_nobody_reads_for_it() -> None:
    paused, old = named("paused", status="paused"), named("old", status="removed")
    hall, goes_on = Hall(named("first"), paused, old), threading.Event()
    hall.work["first"] = lambda _: assert_true(goes_on.wait(10))
    with hall.at_work() as crew:
        hall.until(lambda: ("first", 1) in hall.begun and hall.asked == [{"old"}])
        for name in ("next", "last"):
            hall.rules = [named("first", status="removed"), paused, old, named(name)]
            hall.until(lambda: (name, 1) in hall.begun)  # noqa: B023  within the turn
        assert list(crew.at_work) == ["last"]
        assert hall.asked == [{"old"}], "the first reads still"
        goes_on.set()
        hall.until(lambda: len(hall.asked) > 1)
    assert hall.asked == [{"old"}, {"first"}]


def test_what_does_not_go_is_asked_to_again_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    old, older = (named(name, status="removed") for name in ("old", "older"))
    hall = Hall(old)
    hall.stays = {"old"}
    crew = Crew(lambda: hall.rules, hall.build, lambda: None, hall.forget)
    crew.look()
    hall.rules = [old, older]
    crew.look()
    crew.look()
    assert hall.asked == [{"old"}, {"older"}]
    monkeypatch.setattr(crews, "FORGET_INTERVAL_S", 0.0)
    crew.look()
    hall.stays.clear()
    crew.look()
    crew.look()
    assert hall.asked[2:] == [{"old"}, {"old"}], "until it is gone"


def test_who_comes_after_one_that_was_killed_forgets_what_that_one_has_left() -> None:
    hall = Hall(named("old", status="removed"))
    for _ in range(2):
        Crew(lambda: hall.rules, hall.build, lambda: None, hall.forget).look()
    assert hall.asked == [{"old"}, {"old"}]

"""Workers that share a process: each fails and starts again by itself, and is seen by itself."""

import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import structlog
from structlog.testing import capture_logs

from infra.stack import doctor, logs, workers
from infra.stack.program import MARK, NAMED, SupervisedProcess
from interfaces import worker
from interfaces.bootstrap import stack
from interfaces.bootstrap.workers import OF_ALL_FEATURES, WORKERS, by_feature
from interfaces.cli import stack as cli
from interfaces.features import FEATURES
from interfaces.settings import Settings

PROGRAM = "workers-games"
Work = Callable[[worker.Stop], None]


class Play:
    """Workers that do what a test says, in the process of the test."""

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.home = home
        self.parts: dict[str, Work] = {}
        monkeypatch.setenv(MARK, str(home))
        monkeypatch.setenv(NAMED, PROGRAM)
        monkeypatch.setattr(worker, "ANEW_PAUSES_S", (0,))
        monkeypatch.setattr(worker, "worker", self._worker)
        monkeypatch.setattr("interfaces.logs.configure", lambda _: None)
        monkeypatch.setattr(worker, "collect_garbage_rarely", lambda: None)
        monkeypatch.setattr(signal, "signal", lambda number, handler: handler)

    @contextmanager
    def _worker(self, _: Settings, name: str, *__: object) -> Iterator[Work]:
        yield self.parts[name]

    def run(self, **parts: Work) -> None:
        """Run them until one of them has everybody stop."""
        self.parts = parts
        worker.run(Settings(), tuple(parts))

    def shown(self, state: str = "RUNNING", pid: int | None = None) -> dict[str, SupervisedProcess]:
        """What `gamehall status` says of them while their process is in some state."""
        process = SupervisedProcess(PROGRAM, "workers", state, pid or os.getpid(), 100)
        return {each.name: each for each in workers.each(self.home, [process])}


@pytest.fixture
def play(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Play]:
    with capture_logs():
        yield Play(tmp_path, monkeypatch)


def failing(times: int, then: Work) -> Work:
    """Work that fails so often."""
    left = list(range(times))

    def work(stopped: worker.Stop) -> None:
        if left:
            left.pop()
            raise ValueError("it cannot be done")
        then(stopped)

    return work


def test_one_that_fails_starts_again_and_its_neighbour_notices_nothing(play: Play) -> None:
    begun: list[str] = []
    again = threading.Event()
    found: dict[str, SupervisedProcess] = {}

    def neighbour(stopped: worker.Stop) -> None:
        begun.append("neighbour")
        assert again.wait(60)
        found.update(play.shown())
        stopped.tell()

    def at_last(stopped: worker.Stop) -> None:
        again.set()
        stopped.wait(60)

    play.run(failing=failing(3, at_last), neighbour=neighbour)
    assert begun == ["neighbour"]
    assert {name: (each.state, each.restarts) for name, each in found.items()} == {
        "worker-failing": ("RUNNING", 3),
        "worker-neighbour": ("RUNNING", 0),
    }


def test_a_server_that_is_away_is_waited_for_by_each_alone(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "is_away", lambda error: isinstance(error, ValueError))
    monkeypatch.setattr(worker, "LONGEST_PAUSE_S", 0.01)
    there = threading.Event()
    found: dict[str, SupervisedProcess] = {}

    def neighbour(stopped: worker.Stop) -> None:
        assert there.wait(60)
        found.update(play.shown())
        stopped.tell()

    def at_last(stopped: worker.Stop) -> None:
        there.set()
        stopped.wait(60)

    play.run(waiting=failing(2, at_last), neighbour=neighbour)
    assert [each.restarts for each in found.values()] == [0, 0], "to wait is no failure"


def test_a_worker_that_has_failed_pauses_for_longer_each_time_and_is_seen_to(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "ANEW_PAUSES_S", (1, 2, 5))
    pauses: list[float] = []
    states: list[str] = []

    def pause(stopped: worker.Stop, seconds: float) -> None:
        pauses.append(seconds)
        states.append(play.shown()["worker-failing"].state)

    monkeypatch.setattr(worker.Stop, "wait", pause)
    ended = threading.Event()

    def neighbour(_: worker.Stop) -> None:
        assert ended.wait(60)

    def at_last(stopped: worker.Stop) -> None:
        stopped.tell()
        ended.set()

    play.run(failing=failing(5, at_last), neighbour=neighbour)
    assert pauses == [1, 2, 5, 5, 5]
    assert set(states) == {"BACKOFF"}


def test_failures_of_long_ago_are_forgotten(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "ANEW_PAUSES_S", (1, 2, 5))
    monkeypatch.setattr(worker, "WELL_AFTER_S", -1.0)
    pauses: list[float] = []
    monkeypatch.setattr(worker.Stop, "wait", lambda _, seconds: pauses.append(seconds))
    play.run(failing=failing(3, worker.Stop.tell), neighbour=lambda _: None)
    assert set(pauses) == {1}


def test_what_is_no_failure_of_a_worker_ends_the_process(play: Play) -> None:
    def ends(_: worker.Stop) -> None:
        raise SystemExit("out of the blue")

    with pytest.raises(SystemExit, match="out of the blue"):
        play.run(ends=ends, neighbour=lambda stopped: stopped.wait(60))


def test_a_worker_that_is_alone_ends_with_what_it_raises(play: Play) -> None:
    with pytest.raises(ValueError, match="it cannot be done"):
        play.run(alone=failing(1, worker.Stop.tell))


def test_each_says_its_name_in_every_line(play: Play) -> None:
    said: dict[str, Any] = {}

    def say(name: str) -> Work:
        def work(stopped: worker.Stop) -> None:
            said[name] = structlog.contextvars.get_contextvars()["worker"]
            if len(said) == 2:
                stopped.tell()
            stopped.wait(60)

        return work

    play.run(one=say("one"), other=say("other"))
    assert said == {"one": "one", "other": "other"}


def test_a_process_that_is_down_is_down_for_each_of_its_workers(play: Play) -> None:
    play.run(one=worker.Stop.tell, other=worker.Stop.tell)
    shown = play.shown("BACKOFF", pid=os.getpid() + 1)
    assert {name: each.state for name, each in shown.items()} == {
        "worker-one": "BACKOFF",
        "worker-other": "BACKOFF",
    }


def test_status_tells_how_often_a_worker_began_anew(
    play: Play, capsys: pytest.CaptureFixture[str]
) -> None:
    play.run(one=worker.Stop.tell, other=worker.Stop.tell)
    one, other = play.shown().values()
    cli._print_status(Settings(), [replace(one, restarts=3), other])
    _, head, _, first, second, *_ = capsys.readouterr().out.splitlines()
    assert head.split()[-1] == "restarts"
    assert first.split()[-1] == "3"
    assert second.split()[-1] == str(other.uptime), "none at all"


def test_doctor_sends_who_sees_a_failing_worker_to_its_log(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    play.run(one=worker.Stop.tell, other=worker.Stop.tell)
    one, other = play.shown().values()
    there = [replace(one, state="BACKOFF"), replace(other, state="RUNNING")]
    monkeypatch.setattr(workers, "each", lambda *_: there)

    check = doctor._workers(play.home, ["one", "other"])
    assert (check.finding, check.remedy) == ("failing: one", "See `gamehall logs worker-one`.")
    there.pop(0)
    assert doctor._workers(play.home, ["one", "other"]).finding == "not supervised here: one"


def test_a_signal_amid_another_is_no_reason_to_wait(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Signalled:
        """Like an event, it cannot be set while it is set; a signal comes at that moment."""

        sets = 0

        def set(self) -> None:
            self.sets += 1
            assert self.sets == 1, "it would wait for its own lock"
            stop._signal(signal.SIGINT, None)

    stop = worker.Stop()
    monkeypatch.setattr(stop, "_told", told := Signalled())
    stop._signal(signal.SIGTERM, None)
    stop.tell()
    assert told.sets == 1


def test_one_that_nobody_supervises_leaves_no_file(
    play: Play, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(MARK)
    play.run(one=worker.Stop.tell, other=worker.Stop.tell)
    assert list(play.home.iterdir()) == []
    assert list(play.shown()) == [PROGRAM]


def test_the_log_of_a_process_is_that_of_each_of_its_workers(play: Play) -> None:
    play.run(relay=worker.Stop.tell, checkpoints=worker.Stop.tell)
    folder = play.home / "logs"
    folder.mkdir()
    lines = [
        json.dumps({"worker": "relay", "event": "told"}),
        "%3|of nobody's",
        json.dumps({"worker": "checkpoints", "event": "kept"}),
    ]
    (folder / f"{PROGRAM}.log").write_text("\n".join(lines) + "\n")
    hosts = workers.hosts(play.home)
    assert list(logs.last(logs.opened(folder, "worker-relay", hosts), 9)) == [
        ("worker-relay", lines[0]),
        ("worker-relay", lines[1]),
    ]
    assert [each.program for each in logs.last(logs.opened(folder, None, hosts), 9)] == [
        "worker-relay",
        PROGRAM,
        "worker-checkpoints",
    ]


def test_the_workers_of_a_feature_share_a_process_unless_they_are_set_apart() -> None:
    together = by_feature()
    assert together.keys() <= {*FEATURES, OF_ALL_FEATURES}
    assert sorted(name for names in together.values() for name in names) == sorted(WORKERS)
    assert together[OF_ALL_FEATURES] == ("relay", "checkpoints")
    assert "matchmaking" in together["games"]
    shared = dict(stack._worker_programs(apart=False))
    assert shared["workers-player-events"] == together["player_events"]
    apart = dict(stack._worker_programs(apart=True))
    assert apart == {f"worker-{name}": (name,) for name in WORKERS}


def test_a_worker_that_is_its_feature_s_only_one_is_called_as_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stack, "by_feature", lambda: {"guilds": ("guild-rosters",)})
    assert dict(stack._worker_programs(apart=False)) == {"worker-guild-rosters": ("guild-rosters",)}

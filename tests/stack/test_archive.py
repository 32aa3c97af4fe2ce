"""The archive of Kafka's classes: made once, of a run, and done without where it cannot be made."""

import fcntl
import subprocess
import sys
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from infra.stack import archive
from infra.stack.progress import ConsoleProgress

JAVA = """
import pathlib, signal, sys
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])  # a signal that comes soon waits
print("answers", flush=True)
signal.sigwait([signal.SIGTERM])
if {writes}:
    pathlib.Path(sys.argv[1].partition("=")[2]).write_text("classes")
"""


class Java:
    """What starts, answers, and writes the archive when it is asked to stop."""

    def __init__(self, folder: Path) -> None:
        self.archive = archive.place(folder, ["-Xmx1g"])
        self.began: list[subprocess.Popen[bytes]] = []
        self.said = StringIO()

    def make(self, source: str, answers: Callable[[], bool] | None = None) -> None:
        def run(option: str) -> subprocess.Popen[bytes]:
            command = [sys.executable, "-c", source, option]
            self.began.append(subprocess.Popen(command, stdout=subprocess.PIPE))
            return self.began[-1]

        progress = ConsoleProgress(Console(file=self.said))
        archive.make(self.archive, run, answers or self._answers, progress)

    def _answers(self) -> bool:
        out = self.began[-1].stdout
        assert out is not None
        return out.readline() == b"answers\n"


@pytest.fixture
def java(tmp_path: Path) -> Java:
    return Java(tmp_path)


def test_an_archive_is_made_once_of_a_run_that_answered(java: Java) -> None:
    for _ in range(2):
        java.make(JAVA.format(writes=True))
    assert java.archive.read_text() == "classes"
    assert len(java.began) == 1
    assert java.said.getvalue().count("Preparing Kafka to start fast, once") == 1


def test_a_run_that_leaves_no_archive_or_ends_at_once_is_no_error(java: Java) -> None:
    java.make(JAVA.format(writes=False))
    java.make("print('no such option')", answers=lambda: False)
    assert [run.returncode for run in java.began] == [0, 0]
    assert not java.archive.exists()


def test_a_start_that_is_broken_off_leaves_nobody_behind(java: Java) -> None:
    def interrupted() -> bool:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        java.make(JAVA.format(writes=True), answers=interrupted)
    assert java.began[0].returncode is not None
    assert not java.archive.exists()


def test_where_nobody_may_write_nothing_is_run(java: Java, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    java.make(JAVA.format(writes=True))
    assert java.began == []


def somebody_elses(java: Java, name: str) -> None:
    """A file that cannot be written or taken away, even by root, for whom tests may run."""
    (java.archive.parent / name / "in").mkdir(parents=True)


def a_lock_that_is_held(java: Java, monkeypatch: pytest.MonkeyPatch) -> None:
    held = (java.archive.parent / "archive.lock").open("w")
    monkeypatch.setattr(java, "held", held, raising=False)  # open until the test ends
    fcntl.flock(held, fcntl.LOCK_EX)
    monkeypatch.setattr(archive, "START_TIMEOUT_S", 0)
    monkeypatch.setattr(archive, "STOP_TIMEOUT_S", 0)


def a_java_that_does_not_stop(java: Java, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "STOP_TIMEOUT_S", 0.1)


@pytest.mark.parametrize(
    ("hinder", "why"),
    [
        (lambda java, _: somebody_elses(java, "archive.lock"), "archive.lock"),
        (lambda java, _: somebody_elses(java, "kafka-former.aot"), "kafka-former.aot"),
        (a_lock_that_is_held, "somebody else is making it"),
        (a_java_that_does_not_stop, "Kafka did not stop within 0.1 s"),
    ],
    ids=["a lock of others", "a file of others", "a busy lock", "no end"],
)
def test_what_hinders_is_said_in_a_line_and_the_hall_starts_without_an_archive(
    java: Java,
    monkeypatch: pytest.MonkeyPatch,
    hinder: Callable[[Java, pytest.MonkeyPatch], None],
    why: str,
) -> None:
    hinder(java, monkeypatch)
    java.make(JAVA.format(writes=True) + "import time; time.sleep(600)")
    (said,) = java.said.getvalue().splitlines()
    assert said.startswith("  Kafka starts slowly, without an archive of its classes: ")
    assert why in said
    assert not java.archive.exists()
    assert all(run.returncode is not None for run in java.began)


def test_other_jars_or_options_have_another_archive_which_takes_the_place_of_the_former(
    java: Java, tmp_path: Path
) -> None:
    former = archive.place(tmp_path, ["-Xmx2g"])
    former.write_text("classes")
    java.make(JAVA.format(writes=True))
    assert java.archive != former
    assert sorted(path.suffix for path in tmp_path.iterdir()) == [".aot", ".lock"]

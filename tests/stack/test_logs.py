"""`gamehall logs`: what the programs of a hall have written."""

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from infra.stack import logs
from interfaces.cli import gamehall


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """A home where two programs have written something."""
    monkeypatch.setenv("GAMEHALL_HOME", str(tmp_path))
    folder = tmp_path / "logs"
    folder.mkdir()
    (folder / "api.log").write_text("one\ntwo\nthree\n")
    (folder / "kafka.log").write_bytes(b"caf\xe9\n")
    (folder / "api.log.1").write_text("put aside\n")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(gamehall, ["logs", *arguments])


def test_all_programs_are_told_apart() -> None:
    assert run().stdout == "api | one\napi | two\napi | three\nkafka | caf\ufffd\n"


def test_one_program_is_printed_as_it_wrote() -> None:
    assert run("api", "--lines", "2").stdout == "two\nthree\n"
    assert json.loads(run("kafka", "--json").stdout) == {"program": "kafka", "text": "caf\ufffd"}


def test_an_unknown_program_is_refused_with_those_that_there_are(home: Path) -> None:
    result = run("relay")
    assert result.exit_code == 1
    said = f"Error: There is no log of relay in {home / 'logs'}, but of api, kafka.\n"
    assert result.stderr == said


def test_a_home_without_logs_says_so(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setenv("GAMEHALL_HOME", str(home / "elsewhere"))
    result = run("--follow")
    assert result.exit_code == 1
    assert "start the hall with `gamehall up`" in result.stderr


def test_what_is_written_later_is_followed_line_by_line_and_into_a_new_file(home: Path) -> None:
    log = home / "logs" / "api.log"

    def write() -> Iterator[None]:
        with log.open("a") as file:
            file.write("fo")
            file.flush()
            yield
            file.write("ur\nfive\n")
            file.flush()
            log.rename(log.with_suffix(".log.1"))
            yield
        log.write_text("six\n")
        yield

    opened = logs.opened(home / "logs", None, {})
    assert [line.text for line in logs.last(opened, 1)] == ["three", "caf\ufffd"]
    steps = write()
    followed = logs.follow(opened, lambda: next(steps))
    assert [line.text for line in islice(followed, 3)] == ["four", "five", "six"]

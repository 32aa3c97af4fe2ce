import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from application.ports.projections import Difference
from application.rebuild import Built
from interfaces.cli import COMMANDS, gamehall
from interfaces.cli.projections import _print_built, _watched
from interfaces.cli.stack import first_request, program
from interfaces.settings import load
from interfaces.tokens import Tokens


@pytest.fixture(autouse=True)
def home(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    monkeypatch.setenv("GAMEHALL_HOME", str(tmp_path_factory.mktemp("home")))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(gamehall, arguments)


def test_help_names_every_command() -> None:
    said = run("--help").output
    assert all(str(command.name) in said for command in COMMANDS)


def test_help_and_completion_load_no_client_and_no_server() -> None:
    slow = "{'confluent_kafka', 'psycopg', 'redis', 'litestar', 'alembic', 'pydantic'}"
    looked = f"import sys, interfaces.cli, interfaces.bootstrap; print({slow} & {{*sys.modules}})"
    said = subprocess.run(
        [sys.executable, "-c", looked], capture_output=True, text=True, check=True
    )
    assert said.stdout == "set()\n"


def test_a_wrong_setting_ends_every_command_with_its_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GAMEHALL_PORT", "many")
    result = run("status")
    assert result.exit_code == 1
    assert result.stderr == "Error: GAMEHALL_PORT is 'many', but takes a port from 1 to 65529.\n"


def test_a_token_of_no_hall_is_refused_and_no_secret_is_made(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GAMEHALL_HOME", str(tmp_path / "elsewhere"))
    result = run("token", "--user", "ada")
    assert (result.exit_code, result.stdout) == (1, "")
    assert f"{tmp_path / 'elsewhere'} is no hall that has been started" in result.stderr
    assert "set GAMEHALL_HOME to the folder of the hall" in result.stderr
    assert not (tmp_path / "elsewhere").exists()


def test_a_secret_that_is_set_signs_tokens_wherever_one_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMEHALL_SECRET", "hush" * 8)
    printed = run("token", "--admin").stdout.strip()
    assert Tokens("hush" * 8).verify(printed).scope == "admin"


def test_what_up_prints_names_the_home_and_the_program_in_full(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GAMEHALL_HOME", str(tmp_path / "a home"))
    monkeypatch.chdir(tmp_path)
    said = first_request(load(), program(".venv/bin/gamehall"))
    assert f"$(GAMEHALL_HOME='{tmp_path}/a home' {tmp_path}/.venv/bin/gamehall token" in said
    assert program("/x/interfaces/cli/__main__.py") == f"{sys.executable} -m interfaces.cli"


def test_what_up_prints_does_not_tell_a_secret_that_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAMEHALL_SECRET", "hush" * 8)
    said = first_request(load(), "gamehall")
    assert "hush" not in said
    assert "where GAMEHALL_SECRET is set as here" in said


def test_a_token_is_printed_alone_for_the_shell() -> None:
    load().signing_secret(make=True)
    printed = run("token", "--user", "ada", "--priority", "3").stdout.strip()
    identity = Tokens(load().signing_secret()).verify(printed)
    assert (identity.user_id, identity.scope, identity.priority) == ("ada", "player", 3)


def test_a_token_comes_with_its_identity_as_json() -> None:
    load().signing_secret(make=True)
    printed = json.loads(run("token", "--service", "checkout", "--json").stdout)
    assert printed["identity"]["scope"] == "service"


@pytest.mark.parametrize("holders", [(), ("--user", "ada", "--admin")])
def test_a_token_has_one_holder(holders: tuple[str, ...]) -> None:
    result = run("token", *holders)
    assert result.exit_code == 2
    assert "Name one holder" in result.stderr


def test_a_token_in_the_name_of_a_bot_is_refused_by_a_sentence() -> None:
    load().signing_secret(make=True)
    result = run("token", "--user", "bot-easy")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == (
        "Error: bot-easy is a bot, and nobody plays for it; take another name.\n"
    )


def test_status_of_a_hall_that_is_down_is_3() -> None:
    result = run("status", "--json")
    assert result.exit_code == 3
    assert json.loads(result.stdout)["processes"] == []


def test_stopping_a_hall_that_is_down_is_no_error() -> None:
    assert json.loads(run("down", "--json").stdout) == {"stopped": 0}


def test_an_unknown_worker_is_refused_with_the_known_ones() -> None:
    result = run("worker", "typist")
    assert result.exit_code == 2
    assert "game-records" in result.stderr


def test_the_bar_of_a_build_ends_with_what_was_built(capsys: pytest.CaptureFixture[str]) -> None:
    built = Built(events=12_345, seconds=0.5, compared=True, different=0, places={}, examples=())
    assert _watched("Rebuilding queue", lambda report: built, hidden=False) is built
    assert "12,345 events, 24,690/s" in capsys.readouterr().err.splitlines()[-1]


def test_differences_are_told_in_sentences_the_first_of_them_only(
    capsys: pytest.CaptureFixture[str],
) -> None:
    at = datetime(2026, 11, 29, tzinfo=UTC)
    found = [
        Difference("games/g1", "winner", "ada", "bob"),
        Difference("games/g2", "*", None, {"winner": None, "at": at}),
        Difference("sessions:s1", "status", "x" * 500, None),
        *(Difference(f"games/{number}", "moves", number, 7) for number in range(17)),
    ]
    built = Built(9, 0.5, True, 325, {"games": 324, "sessions": 1}, found)
    _print_built("game-records", built, False, "was compared with")
    assert capsys.readouterr().out == (
        "game-records was compared with 9 events in 0.5 s (18/s); 325 values differed, in\n"
        "  games     324\n"
        "  sessions  1\n"
        "The first of them:\n"
        "  games/g1, winner is ada; the log says bob.\n"
        "  games/g2 is not there; the log says winner none, at 2026-11-29T00:00:00.000Z.\n"
        f"  sessions:s1, status is {'x' * 119}…, of which the log knows nothing.\n"
        "  games/0, moves is 0; the log says 7.\n"
        "  games/1, moves is 1; the log says 7.\n"
        "  … and 320 more; --json tells the first 20 whole.\n"
    )
    assert [each.place for each in found[:3]] == ["games", "games", "sessions"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script_for_the_shell(shell: str) -> None:
    assert f"_GAMEHALL_COMPLETE={shell}_complete" in run("completion", shell).stdout

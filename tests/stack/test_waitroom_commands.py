"""`gamehall waitroom`: what it asks of the API, and how it tells the answer."""

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from interfaces.cli import gamehall, operators
from interfaces.settings import Settings, load
from interfaces.tokens import Tokens

SECRET = "a secret that is long enough for the tests"
TERMS = {"event_id": "a b", "status": "open", "paused": False, "capacity": 2}
ROOM = TERMS | {"waiting": 0, "ready": 1, "completed": 0, "late": None}
PLACE = {"session_id": "s", "status": "ready", "user_id": "ada", "position": 0, "deadline": None}


class Asked:
    """An API that answers what it is told to, and keeps what it was asked."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.answers: list[tuple[int, Any]] = []

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        status, body = self.answers.pop(0) if self.answers else (200, ROOM)
        return httpx.Response(status, json=body)

    @property
    def last(self) -> tuple[str, str, Any]:
        """Method, path with its query, and body."""
        request = self.requests[-1]
        body = json.loads(request.content) if request.content not in (b"", b"null") else None
        return request.method, request.url.raw_path.decode(), body


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """There is an API."""
    monkeypatch.setenv("GAMEHALL_SECRET", SECRET)
    told = Asked()
    client = partial(httpx.Client, transport=httpx.MockTransport(told.answer))
    monkeypatch.setattr("interfaces.bootstrap.ask_api.httpx.Client", client)
    there: Callable[..., Settings] = lambda *_: load()  # noqa: E731
    monkeypatch.setattr(operators, "settings", there)
    return told


def run(*arguments: str, typed: str = "") -> Result:
    return CliRunner().invoke(gamehall, ["waitroom", *arguments], input=typed)


@pytest.mark.parametrize(
    ("typed", "path", "body"),
    [
        (
            "open x --capacity 2 --seconds 60",
            "",
            {"event_id": "x", "capacity": 2, "checkout_seconds": 60},
        ),
        ("change x --capacity 3", "/x/change", {"capacity": 3}),
        ("change x --seconds 9", "/x/change", {"checkout_seconds": 9}),
        ("pause x", "/x/pause", None),
        ("resume x", "/x/resume", None),
        ("close x --waiting serve", "/x/close", {"waiting": "serve"}),
        ("close x --waiting dismiss", "/x/close", {"waiting": "dismiss"}),
        ("reopen x", "/x/reopen", None),
        ("presence x --off", "/x/presence", {"absent_seconds": None, "redeems": False}),
        (
            "presence x --seconds 60 --redeems",
            "/x/presence",
            {"absent_seconds": 60, "redeems": True},
        ),
        ("extend s 60", "/sessions/s/extend", {"seconds": 60}),
        ("remove s", "/sessions/s/remove", None),
        ("admit s", "/sessions/s/admit", None),
    ],
)
def test_an_order_is_sent_in_the_name_of_who_gives_it(
    asked: Asked, typed: str, path: str, body: Any
) -> None:
    result = run(*typed.split(), "--by", "olga", "--json")

    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout) == ROOM
    assert asked.last == ("POST", f"/api/v1/waitroom{path}", body)
    token = asked.requests[-1].headers["authorization"].removeprefix("Bearer ")
    identity = Tokens(SECRET).verify(token)
    assert (identity.user_id, identity.scope) == ("olga", "admin")


def test_a_name_is_one_part_of_an_address(asked: Asked) -> None:
    result = run("show", "a b?")

    assert asked.last == ("GET", "/api/v1/waitroom/a%20b%3F", None)
    assert "capacity   2" in result.stdout
    assert "late" not in result.stdout


def test_a_room_is_described_from_a_file_or_from_what_is_typed(asked: Asked) -> None:
    assert run("describe", "x", "-", typed='{"title": "The concert"}').exit_code == 0
    assert asked.last == ("POST", "/api/v1/waitroom/x/describe", {"title": "The concert"})
    assert "is not JSON" in run("describe", "x", "-", typed="{").stderr


def test_lists_go_on_until_they_end_or_enough_is_told(asked: Asked) -> None:
    first, second = {"rooms": [ROOM], "after": "a b"}, {"rooms": [ROOM], "after": None}
    asked.answers = [(200, first), (200, second)]
    assert len(json.loads(run("list", "--paused", "--json").stdout)) == 2
    assert asked.last[1] == "/api/v1/waitroom/rooms?after=a+b&limit=99&paused=yes"

    asked.answers = [(200, first)]
    assert len(json.loads(run("list", "--limit", "1", "--json").stdout)) == 1


def test_sessions_are_searched_by_status_or_user(asked: Asked) -> None:
    place = PLACE | {"joined_at": "2026-11-01T12:00:00Z"}
    for option, query in (("--status ready", "status=ready"), ("--user ada", "user_id=ada")):
        asked.answers = [(200, {"sessions": [place], "after": None})]
        assert "ada" in run("sessions", "x", *option.split()).stdout
        assert asked.last[1] == f"/api/v1/waitroom/x/sessions?limit=100&{query}"


def test_minutes_are_a_table(asked: Asked) -> None:
    minute = {"minute": "2026-11-01T12:00:00Z", "joined": 3, "wait_p50": None}
    asked.answers = [(200, {"event_id": "x", "minutes": [minute]})]
    assert "joined" in run("minutes", "x").stdout
    asked.answers = [(200, {"event_id": "x", "minutes": []})]
    assert json.loads(run("minutes", "x", "--json").stdout) == []


def test_a_refusal_is_its_sentence(asked: Asked) -> None:
    asked.answers = [(404, {"detail": "No waiting room has been opened for 'x'."})]
    result = run("pause", "x")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == "Error: No waiting room has been opened for 'x'.\n"

    asked.answers = [(502, ["a proxy"])]
    assert "The API answers 502" in run("pause", "x").stderr


@pytest.mark.parametrize(
    "typed",
    [
        "change x",
        "close x",
        "presence x",
        "presence x --off --seconds 60",
        "extend s 0",
        "open x --capacity 1",
    ],
)
def test_what_is_missing_is_said(asked: Asked, typed: str) -> None:
    assert run(*typed.split()).exit_code == 2
    assert not asked.requests

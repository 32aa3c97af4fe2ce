"""Whoever runs the hall repairs what could not be taken, over HTTP."""

from datetime import UTC, datetime
from typing import Any

import httpx
import msgspec
import pytest

from tests.http.conftest import Api, problem
from tests.http.test_reporting_events import an_event
from tests.player_events.told import scored

EVENT = scored("ada", "ten", id="00000000-0000-4000-8000-000000000001")
LETTERS = "/api/v1/dead-letters"


async def ask(api: Api, method: str, path: str = "", body: Any = None) -> httpx.Response:
    return await api.ask(method, LETTERS + path, body, user="ops", scope="admin")


def in_address(id: str) -> str:
    return id.replace("/", ":")


def repaired(**changes: Any) -> dict[str, Any]:
    event = an_event(player_id="ada", game_id="chess", data={"score": 10})
    return event | {"timestamp": datetime.now(UTC).isoformat()} | changes


async def test_letters_are_listed_page_by_page_the_latest_first(api: Api) -> None:
    ids = [in_address(api.desk.failures.refuse("{}")) for _ in range(3)]
    first = (await ask(api, "GET", "?limit=2")).json()
    then = (await ask(api, "GET", f"?limit=2&before={first['before']}")).json()
    assert [letter["id"] for letter in first["letters"] + then["letters"]] == ids[::-1]
    assert then["before"] is None
    problem(await ask(api, "GET", "?before=nonsense"), 422, "invalid-cursor")


async def test_letters_are_listed_by_whom_and_what_they_are_about(api: Api) -> None:
    failures = api.desk.failures
    failed, refused = failures.fail(EVENT), failures.refuse('{"player_id":"bob"}')
    failures.decide("drop", refused)
    for query, found in {
        "": [refused, failed],
        "?consumer=ingest": [refused],
        "?consumer=leaderboards&status=open&player=ada": [failed],
        "?status=dropped": [refused],
        "?player=bob": [refused],
        "?consumer=event-archive": [],
    }.items():
        letters = (await ask(api, "GET", query)).json()["letters"]
        assert [letter["id"] for letter in letters] == [in_address(id) for id in found]


@pytest.mark.parametrize(
    "query",
    [
        "consumer=queue",
        "status=lost",
        "limit=0",
        "player=",
        "player=a%00b",
        "before=ingest.dlq:0:%00",
    ],
)
async def test_what_no_list_takes_is_refused(api: Api, query: str) -> None:
    problem(await ask(api, "GET", f"?{query}"), 400, "invalid-request")


async def test_a_letter_is_shown_as_it_stands(api: Api) -> None:
    id = in_address(api.desk.failures.refuse("no json", why="no JSON"))
    shown = (await ask(api, "GET", f"/{id}")).json()
    assert shown["id"] == id
    assert (shown["original_event"], shown["error_message"]) == ("no json", "$: no JSON")
    assert (shown["status"], shown["attempts"], shown["position"]) == ("open", 1, None)


async def test_an_event_is_repaired_tried_and_retried(api: Api) -> None:
    path = f"/{in_address(api.desk.failures.fail(EVENT))}"

    edited = await ask(api, "PUT", f"{path}/event", repaired())
    tried = await ask(api, "POST", f"{path}/retry?dry_run=true")
    assert not api.desk.published
    retried = await ask(api, "POST", f"{path}/retry")

    assert edited.json()["decided_by"] == "ops"
    assert '"score":10' in edited.json()["edited_event"].replace(" ", "")
    assert tried.json()["letter"]["status"] == "open"
    assert tried.json()["changes"] == [msgspec.to_builtins(change) for change in api.desk.changes]
    assert retried.json()["letter"]["status"] == "retried"
    assert retried.json()["changes"] is None
    assert len(api.desk.published) == 1


async def test_an_event_is_given_up(api: Api) -> None:
    path = f"/{in_address(api.desk.failures.fail(EVENT))}"
    assert (await ask(api, "POST", f"{path}/drop")).json()["status"] == "dropped"
    for method, rest, body in (
        ("POST", "/drop", None),
        ("POST", "/retry", None),
        ("POST", "/retry?dry_run=true", None),
        ("PUT", "/event", repaired()),
    ):
        answer = await ask(api, method, path + rest, body)
        details = problem(answer, 409, "dead-letter-decided")
        assert "ops has dropped" in details["detail"]


async def test_letters_that_are_not_there_are_not_found(api: Api) -> None:
    for method, rest in (("GET", ""), ("POST", "/retry"), ("POST", "/drop"), ("PUT", "/event")):
        body = repaired() if method == "PUT" else None
        answer = await ask(api, method, f"/ingest.dlq:0:7{rest}", body)
        problem(answer, 404, "dead-letter-not-found")


async def test_a_repair_that_is_none_is_refused_with_its_field(api: Api) -> None:
    path = f"/{in_address(api.desk.failures.fail(EVENT))}/event"
    details = problem(
        await ask(api, "PUT", path, repaired(data={"score": "ten"})), 422, "invalid-event"
    )
    assert [invalid["field"] for invalid in details["errors"]] == ["$.data.score"]
    problem(await ask(api, "PUT", path, {"event_type": "player_score"}), 400, "invalid-request")
    details = problem(await ask(api, "PUT", path, repaired(player_id="bob")), 422, "invalid-event")
    assert "It stays ada" in details["detail"]


async def test_what_is_still_wrong_has_to_be_edited_first(api: Api) -> None:
    path = f"/{in_address(api.desk.failures.refuse('{}'))}/retry"
    for query in ("", "?dry_run=true"):
        answer = await ask(api, "POST", path + query)
        assert "edit it first" in problem(answer, 422, "dead-letter-unrepaired")["detail"]


@pytest.mark.parametrize("scope", ["player", "service"])
async def test_only_who_runs_the_hall_may_look_and_decide(api: Api, scope: Any) -> None:
    path = f"/{in_address(api.desk.failures.fail(EVENT))}"
    for method, rest, body in (
        ("GET", "", None),
        ("GET", path, None),
        ("PUT", f"{path}/event", repaired()),
        ("POST", f"{path}/retry", None),
        ("POST", f"{path}/drop", None),
    ):
        answer = await api.ask(method, LETTERS + rest, body, user="ada", scope=scope)
        problem(answer, 403, "wrong-scope")
    assert len(api.desk.failures.events) == 1


async def test_a_decision_that_kafka_did_not_take_may_be_repeated(api: Api) -> None:
    path = f"/{in_address(api.desk.failures.fail(EVENT))}/drop"
    api.desk.decisions.away = True
    problem(await ask(api, "POST", path), 503, "unavailable")
    api.desk.decisions.away = False
    assert (await ask(api, "POST", path)).status_code == 200

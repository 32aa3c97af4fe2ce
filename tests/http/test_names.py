"""What people tell about themselves: shown while they want it, and nowhere in the open."""

from typing import Any

import httpx
import msgspec
import pytest

from domain.waitroom.events import WaitroomJoined
from interfaces.tokens import Tokens
from tests.http.conftest import Api, problem

JOIN = "/api/v1/waitroom/join"
NAME = "Ada Lovelace"


def joining(**facts: Any) -> dict[str, Any]:
    return {"user_id": "ann", "event_id": "concert", **facts}


async def join(api: Api, **facts: Any) -> dict[str, Any]:
    joined = await api.ask("POST", JOIN, joining(**facts))
    assert joined.status_code == 201, joined.text
    return dict(joined.json())


async def shown(api: Api, session_id: str, user: str = "ann") -> dict[str, Any]:
    answer = await api.ask("GET", f"/api/v1/waitroom/sessions/{session_id}", user=user)
    return dict(answer.json())


async def test_a_name_is_shown_with_the_session(api: Api) -> None:
    await api.open()
    joined = await join(api, display_name=NAME)
    assert (await shown(api, joined["session_id"]))["display_name"] == NAME


async def test_who_tells_no_name_has_none_and_gets_no_key(api: Api) -> None:
    await api.open()
    joined = await join(api)
    assert (await shown(api, joined["session_id"]))["display_name"] is None
    assert len(api.seals.ring) == 0


async def test_the_log_holds_no_name_in_the_open(api: Api) -> None:
    await api.open()
    key = {"idempotency-key": "first"}
    body = joining(display_name=NAME)
    joined = await api.ask("POST", JOIN, body, headers=key)
    again = await api.ask("POST", JOIN, body, headers=key)
    assert again.json() == joined.json()
    assert NAME not in joined.text, "the log keeps the answer too"
    written = msgspec.json.encode([api.log.events, api.log.commands]).decode()
    assert "ann" in written
    assert "Lovelace" not in written
    (event,) = (e for e in api.log.of("concert") if isinstance(e, WaitroomJoined))
    assert event.display_name is not None
    assert event.display_name.subject == "ann"


async def test_nobody_can_try_out_names_on_the_fingerprint_of_a_request(api: Api) -> None:
    await api.open()
    key = {"idempotency-key": "first"}
    await api.ask("POST", JOIN, joining(display_name=NAME), headers=key)
    mark = api.log.commands[-1].metadata.fingerprint
    other = Tokens("another secret that is long enough for this")
    body = httpx.Request("POST", "http://x", json=joining(display_name=NAME)).content
    request = f"POST {JOIN}\n".encode() + body
    assert api.services.tokens.fingerprint(request) == mark
    assert other.fingerprint(request) != mark


async def test_an_erased_name_is_not_shown_any_more(api: Api) -> None:
    await api.open()
    joined = await join(api, display_name=NAME)
    api.seals.erase("ann")
    assert (await shown(api, joined["session_id"]))["display_name"] is None
    past = await api.ask("GET", "/api/v1/history/waitroom/concert", scope="admin")
    facts = past.json()["events"][1]["facts"]
    assert (facts["user_id"], facts["display_name"]) == ("ann", None)
    assert (await api.join("ben")).status_code == 201, "the room goes on"


async def test_support_reads_names_in_the_past_of_a_room(api: Api) -> None:
    await api.open()
    await join(api, display_name=NAME)
    past = await api.ask("GET", "/api/v1/history/waitroom/concert", scope="admin")
    assert past.json()["events"][1]["facts"]["display_name"] == NAME


async def test_a_name_that_cannot_be_sealed_keeps_the_join_from_happening(api: Api) -> None:
    await api.open()
    api.seals.away = True
    problem(await api.ask("POST", JOIN, joining(display_name=NAME)), 503, "unavailable")
    assert not [e for e in api.log.of("concert") if isinstance(e, WaitroomJoined)]
    assert (await api.ask("POST", JOIN, joining())).status_code == 201, "without one it does"


async def test_who_may_not_join_for_somebody_makes_no_key_for_them(api: Api) -> None:
    await api.open()
    body = joining(user_id="ben", display_name=NAME)
    problem(await api.ask("POST", JOIN, body, user="ann"), 403, "not-yourself")
    assert len(api.seals.ring) == 0


@pytest.mark.parametrize("name", ["", "x" * 101, "Ada\n", "\0", 7, {"subject": "a", "sealed": "b"}])
async def test_what_is_no_name_is_refused(api: Api, name: object) -> None:
    await api.open()
    answer = await api.ask("POST", JOIN, joining(display_name=name))
    details = problem(answer, 400, "invalid-request")
    assert "matching regex" not in details["detail"]


async def test_a_batch_of_commands_takes_no_name_in_the_open(api: Api) -> None:
    await api.open()
    command = {"command": "waitroom.join", **joining(display_name=NAME)}
    orders = [{"command_id": "c", "command": command}]
    answer = await api.ask("POST", "/api/v1/commands", orders, scope="service")
    problem(answer, 400, "invalid-request")

"""What a process does for another one that does not own the shard."""

from typing import Any, get_args

import msgspec
import pytest

from application.envelopes import FORWARD_PATH, HANDOVER_PATH, SECONDS_LEFT_HEADER
from domain.waitroom.commands import JoinWaitroom
from domain.waitroom.events import WaitroomJoined
from interfaces.http.app import FEATURES
from interfaces.tokens import Scope
from tests.http.conftest import Api, problem
from tests.http.test_commands import JOIN as JOIN_UNNAMED
from tests.http.test_commands import OPEN

JOIN = JOIN_UNNAMED | {"session_id": "s1"}


async def forward(api: Api, *commands: dict[str, Any], seconds: str = "0.5") -> Any:
    body = [
        {"command_id": f"c{n}", "command": command, "metadata": {"actor": "ann"}}
        for n, command in enumerate(commands)
    ]
    headers = api.peer_token() | {SECONDS_LEFT_HEADER: seconds}
    return await api.peers.post(FORWARD_PATH, json=body, headers=headers)


async def test_forwarded_commands_are_decided_here_and_answered_in_order(api: Api) -> None:
    leave = {"command": "waitroom.leave", "event_id": "e", "session_id": "nobody's"}
    answer = await forward(api, OPEN, JOIN, leave)

    opened, joined, refused = answer.json()
    assert opened["position"] == "waitroom-log/0@0"
    assert joined["reply"]["status"] == "ready"
    assert refused["refusal"]["type"] == "session-not-found"
    assert [each.metadata.actor for each in api.log.commands] == ["ann"] * 3


async def test_a_name_travels_sealed_and_gets_into_the_log_as_it_came(api: Api) -> None:
    name = await api.seals.seal("ann", "Ada Lovelace")
    command = JoinWaitroom(event_id="e", user_id="ann", session_id="s1", display_name=name)
    await forward(api, OPEN, msgspec.to_builtins(command))

    (joined,) = (e for e in api.log.of("e") if isinstance(e, WaitroomJoined))
    assert joined.display_name == name


async def test_a_name_in_the_open_is_taken_from_nobody(api: Api) -> None:
    answer = await forward(api, OPEN, JOIN | {"display_name": "Ada Lovelace"})

    problem(answer, 400, "invalid-request")
    assert not api.log.of("e")


async def test_what_is_called_otherwise_since_before_is_decided_beside_the_others(api: Api) -> None:
    look = {"command": "game.look", "game_id": "an old\u200b game"}
    opened, unknown = (await forward(api, OPEN, look)).json()

    assert opened["position"] == "waitroom-log/0@0"
    assert unknown["refusal"]["type"] == "game-not-found"


async def test_an_answer_that_was_given_before_says_so(api: Api) -> None:
    first, again = await forward(api, OPEN), await forward(api, OPEN)

    assert "repeated" not in first.json()[0]
    assert again.json()[0]["repeated"] is True


async def test_a_shard_of_others_is_not_forwarded_once_more(api: Api) -> None:
    api.log.owns_nothing = True
    answer = await forward(api, OPEN)

    assert answer.json()[0]["moved"] is True


async def test_who_is_silent_is_not_waited_for_beyond_the_deadline(api: Api) -> None:
    api.log.silent = True
    answer = await forward(api, OPEN, seconds="0.05")

    assert "in time" in answer.json()[0]["unavailable"]["detail"]


async def test_a_decision_that_breaks_off_does_not_spoil_the_others(api: Api) -> None:
    api.log.stumbles_over = "c0"
    broken, opened = (await forward(api, OPEN, OPEN)).json()

    assert "could not decide" in broken["unavailable"]["detail"]
    assert opened["position"] == "waitroom-log/0@0"


@pytest.mark.parametrize("seconds", ["", "soon", "0", "-1", "nan", "31"])
async def test_a_deadline_has_to_make_sense(api: Api, seconds: str) -> None:
    problem(await forward(api, OPEN, seconds=seconds), 400, "invalid-request")
    assert not api.log.commands


async def test_a_shard_is_handed_over(api: Api) -> None:
    answer = await api.peers.post(HANDOVER_PATH, json=[["game-log", 3]], headers=api.peer_token())

    assert answer.status_code == 200
    assert api.log.handed_over == [("game-log", 3)]


@pytest.fixture(params=[FORWARD_PATH, HANDOVER_PATH])
def path(request: pytest.FixtureRequest) -> str:
    """Everything that processes ask each other."""
    return str(request.param)


def test_every_address_between_processes_is_tried_here() -> None:
    assert {path for feature in FEATURES for path in feature.for_peers} == {
        FORWARD_PATH,
        HANDOVER_PATH,
    }


@pytest.mark.parametrize("scope", ["player", "service", "admin"])
async def test_nothing_between_processes_is_there_for_the_public(
    api: Api, path: str, scope: Any
) -> None:
    for method in ("GET", "POST"):
        problem(await api.ask(method, path, [], scope=scope), 404, "not-found")


async def test_no_process_asks_another_where_the_public_asks(api: Api, path: str) -> None:
    headers = api.peer_token()
    problem(await api.client.post(path, json=[], headers=headers), 401, "unauthenticated")
    problem(await api.client.post("/api/v1/tickets", headers=headers), 401, "unauthenticated")


@pytest.mark.parametrize("scope", get_args(Scope))
async def test_no_token_of_the_public_opens_the_door_of_processes(
    api: Api, path: str, scope: Any
) -> None:
    answer = await api.peers.post(path, json=[], headers=api.token("shop", scope))
    problem(answer, 401, "unauthenticated")
    problem(await api.peers.post(path, json=[]), 401, "unauthenticated")
    assert not api.log.handed_over


async def test_what_processes_ask_is_posted(api: Api, path: str) -> None:
    answer = await api.peers.get(path, headers=api.peer_token())
    problem(answer, 405, "method-not-allowed")


async def test_a_process_alone_serves_what_all_serve(api: Api) -> None:
    assert (await api.peers.get("/health/live")).is_success
    answer = await api.peers.post("/api/v1/tickets", headers=api.token("ann"))
    assert answer.is_success

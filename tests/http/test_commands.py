from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import fields

from application.ports.commands import Envelope
from domain.categories import CATEGORIES
from domain.waitroom.commands import JoinWaitroom
from interfaces.http.operations.commands import MOST_COMMANDS
from interfaces.http.platform.command_context import id_made_by, id_of_client
from interfaces.tokens import Identity, Scope
from tests.contracts.rules import DOCUMENT
from tests.http.conftest import Api, problem

OPEN = {"command": "waitroom.open", "event_id": "e", "capacity": 1, "checkout_seconds": 60}
JOIN = {"command": "waitroom.join", "event_id": "e", "user_id": "ann"}
SEEK = {"command": "lobby.seek", "user_id": "ann", "bot_after": 10}


async def send(api: Api, *commands: dict[str, Any]) -> Any:
    body = [{"command_id": f"c{n}", "command": command} for n, command in enumerate(commands)]
    return await api.ask("POST", "/api/v1/commands", body, user="worker", scope="service")


async def test_commands_are_decided_in_order_and_answered_in_order(api: Api) -> None:
    complete = {"command": "waitroom.complete", "event_id": "e"}
    id = id_made_by(
        Envelope(command_id="service/worker/c1", command=JoinWaitroom(event_id="e", user_id="ann"))
    )
    answer = await send(
        api, OPEN, JOIN, complete | {"session_id": id}, complete | {"session_id": "s2"}
    )

    opened, joined, completed, refused = answer.json()
    assert answer.status_code == 200
    assert opened["position"] == "waitroom-log/0@0"
    assert joined["reply"]["status"] == "ready"
    assert completed["reply"]["status"] == "completed"
    assert refused["refusal"]["type"] == "session-not-found"
    assert refused["refusal"]["status"] == 404


async def test_a_repeated_command_gets_its_first_answer(api: Api) -> None:
    first, again = await send(api, OPEN, JOIN), await send(api, OPEN, JOIN)

    assert first.json() == again.json()


@pytest.mark.parametrize(
    ("command", "makes"), [(JOIN, "session_id"), (SEEK, "game_id")], ids=["session", "game"]
)
async def test_the_id_of_what_a_command_makes_is_taken_from_nobody(
    api: Api, command: dict[str, Any], makes: str
) -> None:
    answer = await send(api, OPEN, command | {makes: "mine"}, command)

    _, refused, made = answer.json()
    assert refused["refusal"]["type"] == "id-not-yours"
    assert "'mine'" in refused["refusal"]["detail"]
    assert made["reply"][makes] not in {"", "mine"}


def test_every_command_that_makes_something_leaves_its_id_to_the_hall() -> None:
    kinds = [kind for category in CATEGORIES for kind in category.deciders if kind.makes]

    defaults = {kind: {f.name: f.default for f in fields(kind)} for kind in kinds}

    assert {(kind.makes, defaults[kind][kind.makes]) for kind in kinds} == {
        ("session_id", ""),
        ("game_id", ""),
        ("room_id", ""),
    }


def test_what_the_hall_alone_gives_is_neither_documented_nor_sent_empty() -> None:
    kinds = [kind for category in CATEGORIES for kind in category.deciders if kind.makes]

    assert kinds
    for kind in kinds:
        assert kind.makes not in DOCUMENT["components"]["schemas"][kind.__name__]["properties"]
        assert kind.__struct_config__.omit_defaults


SCOPES: st.SearchStrategy[Scope] = st.sampled_from(["service", "admin"])
keys = st.text("ab\n /", min_size=1, max_size=4)
senders = st.tuples(SCOPES, st.sampled_from("ab"), keys)


@given(st.sets(st.tuples(st.text("ab", min_size=1, max_size=3), senders), min_size=2))
def test_no_two_commands_lead_to_one_id(commands: set[tuple[str, tuple[Scope, str, str]]]) -> None:
    made = {
        id_made_by(
            Envelope(
                command_id=id_of_client(Identity(user, scope, 0, 0), key),
                command=JoinWaitroom(event_id=room, user_id="ann"),
            )
        )
        for room, (scope, user, key) in commands
    }

    assert len(made) == len(commands)


async def test_a_command_without_an_answer_does_not_spoil_the_others(api: Api) -> None:
    api.log.away = True
    answer = await send(api, OPEN)

    assert answer.json() == [{"unavailable": {"detail": "Kafka is away.", "retry_after": 2}}]


async def test_the_actor_is_the_sender_unless_it_says_for_whom(api: Api) -> None:
    body = [
        {"command_id": "c1", "command": OPEN, "metadata": {"causation_id": "event-1"}},
        {"command_id": "c2", "command": JOIN, "metadata": {"actor": "ann"}},
    ]
    await api.ask("POST", "/api/v1/commands", body, user="worker", scope="service")

    first, second = [each.metadata for each in api.log.commands]
    assert (first.actor, first.causation_id) == ("worker", "event-1")
    assert second.actor == "ann"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ([{"command_id": "c", "command": JOIN | {"user_id": 1}}], "$[0].command.user_id"),
        ([{"command_id": "c", "command": JOIN | {"prio": 1}}], "$[0].command.prio"),
        ([{"command_id": "c", "command": {"command": "nothing"}}], "$[0].command.command"),
        ([{"command_id": "", "command": JOIN}], "$[0].command_id"),
        ([{"command": JOIN}], "$[0].command_id"),
        ([{"command_id": "c", "command": JOIN, "x": 1}], "$[0].x"),
        ([{"command_id": str(n), "command": JOIN} for n in range(MOST_COMMANDS + 1)], "$"),
        ({}, "$"),
    ],
)
async def test_one_bad_command_and_nothing_is_decided(api: Api, body: Any, field: str) -> None:
    answer = await api.ask("POST", "/api/v1/commands", body, scope="service")

    details = problem(answer, 400, "invalid-request")
    assert details["errors"][0]["field"] == field
    assert not api.log.commands


async def test_what_anybody_calls_a_command_is_never_the_id_of_a_process(api: Api) -> None:
    taken = {"command_id": "checkout:CHECKOUT_COMPLETED/2@1", "command": OPEN}
    for scope in ("service", "process"):
        await api.ask("POST", "/api/v1/commands", [taken], user="checkout", scope=scope)

    by_service, by_process = [each.command_id for each in api.log.commands]
    assert by_service == "service/checkout/checkout:CHECKOUT_COMPLETED/2@1"
    assert by_process == "checkout:CHECKOUT_COMPLETED/2@1"


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/api/v1/games"), ("POST", "/api/v1/waitroom/join"), ("POST", "/api/v1/tickets")],
)
async def test_a_process_is_heard_at_one_address_only(api: Api, method: str, path: str) -> None:
    answer = await api.ask(method, path, {}, user="checkout", scope="process")

    problem(answer, 403, "wrong-scope")

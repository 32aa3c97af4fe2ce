"""Nobody is called what looks like somebody else, whichever way the name comes."""

import json
from collections.abc import Mapping
from typing import Any, cast

import msgspec
import pytest
from confluent_kafka import Message

from application.inbox import Malformed
from application.validation import AmbiguousId, refuse_ambiguous
from application.waitroom.checkout import CHECKOUT
from domain.events import Position
from domain.keys import are_plain, flaw_in_key
from domain.player_events.unreadable import UnreadableRecord
from infra.player_events.reader import events_in
from interfaces.http.games.messages import read
from interfaces.http.games.routes import Seeking
from interfaces.http.games.socket import SOCKET_PATH
from interfaces.tokens import Scope, TokenRefused
from tests.contracts.poison.inbound import Operation, example, operations
from tests.contracts.poison.inbound import sockets as messages
from tests.contracts.poison.mutations import Path, holding, paths
from tests.contracts.rules import IDS
from tests.http.conftest import PREFIX, Api, problem
from tests.player_events.test_the_door import Record

KINDS = {
    "a zero width": "a\u200bda",
    "turned round": "a\u202eda",
    "a soft hyphen": "a\u00adda",
    "an invisible letter": "ada\u3164",
    "a variant": "ada\ufe0f",
    "a blank": "ada\u2800",
    "a space before": " ada",
    "a space behind": "ada ",
    "a space behind a colon": "ada: ",
    "a line feed": "a\nda",
    "a wide space": "a\u2003da",
    "a space that keeps together": "a\u00a0da",
    "decomposed": "Zoe\u0308",
    "a ligature": "ﬁnn",
    "wide": "\uff41da",
    "another hyphen": "user\u2010123",
    "a minus": "user\u2212123",
    "a dash": "user\u2013123",
    "two spaces": "a  b",
    "a mark before": "\u0301ada",
    "a note without a head": "ada\U0001d159",
    "a line": "user\u2500123",
    "a heavy minus": "user\u2796123",
    "a private character": "ada\ue000",
}

NAMES = [
    "ada",
    "Zoë",
    "user-123",
    "a b",
    "O’Brien",  # noqa: RUF001
    "কাজী",
    "ɔ́",
    "李小龍",
    "🎮",
    "a.b",
    "...",
    "ada@x",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_looks_like_itself_alone_is_one(name: str) -> None:
    assert flaw_in_key(name) is None


@pytest.mark.parametrize("kind", KINDS)
def test_what_looks_like_another_name_is_none(kind: str) -> None:
    flaw = flaw_in_key(KINDS[kind])
    assert flaw is not None
    assert flaw[0].isupper()
    assert not are_plain(["ada", KINDS[kind], "ben"])


def test_who_is_refused_is_told_what_to_write() -> None:
    assert flaw_in_key("Zoe\u0308") == (
        "It looks like 'Zoë'; write it like that, in the form NFKC of Unicode"
    )
    assert flaw_in_key("user\u2010123") == "It has U+2010, which looks like a hyphen; write '-'"
    assert flaw_in_key("a\u200bda") == "It has U+200B, which nobody sees"


@pytest.mark.parametrize("names", [["a", ".", "b"], ["a", "..", "b"], ["a", "", "b"], ["a/b"]])
def test_a_look_at_many_at_once_finds_what_is_no_name(names: list[str]) -> None:
    assert not are_plain(names)
    assert are_plain(["a", "b.", "..."])


def with_look_alikes(message: Any, kind: str) -> Mapping[Path, bytes]:
    """A message once for each of its ids, which is a look-alike then."""
    found: dict[Path, bytes] = {}
    for path in paths(message):
        copy, holder = holding(message, path)
        if path[-1] in IDS and isinstance(holder[path[-1]], str | None):
            holder[path[-1]] = KINDS[kind]
            # Written in both ways that JSON has for it, and as closely as most programs do.
            ascii, close = len(found) % 2 == 0, (",", ":")
            found[path] = json.dumps(copy, ensure_ascii=ascii, separators=close).encode()
    return found


def test_ids_are_known_by_their_schema() -> None:
    assert {"user_id", "event_id", "game_id", "player_id", "player1", "session_id"} <= IDS


OPERATIONS = [
    each
    for each in operations()
    if with_look_alikes(each.body, "wide") and "{letter_id}" not in each.path
]
"""All that take an id in a body; an edited letter is taken as a report is, where there is one."""


REPORTED = {"event_type", "player_id", "game_id"}
NEW = {
    "/api/v1/waitroom": {"event_id"},
    "/api/v1/waitroom/join": {"user_id"},
    "/api/v1/games/seek": {"user_id"},
    "/api/v1/events": REPORTED,
    "/api/v1/events/batch": REPORTED,
    "waitroom.open": {"event_id"},
    "waitroom.join": {"user_id"},
    "lobby.seek": {"user_id"},
    "lobby.meet": {"user_id", "opponent"},
    "game.start": {"game_id", "player1", "player2"},
    "consumer.skip": {"consumer"},
}
"""What comes into being or names a person anew, by address or command. The rest is there already,
and would be stuck if it could not be called what an older version let it be called."""

OF_PLAYERS = {"/api/v1/friends/requests"}
"""What nobody else may ask for."""

AGAINST_THE_PATTERN = {"a line feed"}
WITH_THE_PATTERN = [kind for kind in KINDS if kind not in AGAINST_THE_PATTERN]
MISFITS = {"invalid-request", "invalid-event", "ambiguous-id", "a refused event"}


def is_new(operation: Operation, field: str) -> bool:
    commands = operation.path == "/api/v1/commands"
    return field in NEW.get(
        operation.body[0]["command"]["command"] if commands else operation.path, ()
    )


async def sent(api: Api, operation: Operation, body: bytes, scope: Scope | None = None) -> set[str]:
    """What an address says against a body, as types of problems."""
    scope = scope or ("player" if operation.path in OF_PLAYERS else "admin")
    headers = api.token("root", scope) | {"content-type": "application/json"}
    answer = await api.client.request(
        operation.method, operation.path, content=body, headers=headers
    )
    said = answer.json()
    if answer.is_error:
        return {said["type"].removeprefix(PREFIX)}
    if operation.path == "/api/v1/commands":
        return {each["refusal"]["type"] for each in said if "refusal" in each}
    return {"a refused event" for each in said.get("results", ()) if each["status"] == "refused"}


@pytest.mark.parametrize("operation", OPERATIONS, ids=str)
async def test_an_address_takes_the_example(api: Api, operation: Operation) -> None:
    assert not MISFITS & await sent(api, operation, json.dumps(operation.body).encode())


@pytest.mark.parametrize("kind", KINDS)
async def test_no_address_takes_one_for_what_is_new(api: Api, kind: str) -> None:
    for operation in OPERATIONS:
        for field, body in with_look_alikes(operation.body, kind).items():
            expected = is_new(operation, str(field[-1])) or kind in AGAINST_THE_PATTERN
            is_no_uuid = "/events" in operation.path and field[-1] == "event_id"
            refused = MISFITS & await sent(api, operation, body)
            assert bool(refused) == (expected or is_no_uuid), (operation, field, refused)
            if kind not in AGAINST_THE_PATTERN and "/events" not in operation.path:
                assert refused <= {"ambiguous-id"}, (operation, field)


@pytest.mark.parametrize("kind", WITH_THE_PATTERN)
async def test_a_process_calls_things_what_the_log_calls_them(api: Api, kind: str) -> None:
    for operation in OPERATIONS:
        if operation.path == "/api/v1/commands":
            for field, body in with_look_alikes(operation.body, kind).items():
                assert not MISFITS & await sent(api, operation, body, "process"), (operation, field)


async def test_the_field_is_named(api: Api) -> None:
    body = {"user_id": "ada\u200b", "event_id": "concert-2026"}
    answer = await api.ask("POST", "/api/v1/waitroom/join", body, user="ada")
    details = problem(answer, 422, "ambiguous-id")
    assert details["errors"][0]["field"] == "$.user_id"


async def test_of_many_commands_only_those_are_refused_that_name_one(api: Api) -> None:
    users = ["ada", "ada ", "ben"]
    opening = {"command": "waitroom.open", "event_id": "e", "capacity": 9, "checkout_seconds": 60}
    joins = [{"command": "waitroom.join", "event_id": "e", "user_id": user} for user in users]
    body = [{"command_id": f"c{n}", "command": each} for n, each in enumerate([opening, *joins])]

    answer = await api.ask("POST", "/api/v1/commands", body, user="shop", scope="service")

    _, first, refused, last = answer.json()
    assert [first["reply"]["user_id"], last["reply"]["user_id"]] == ["ada", "ben"]
    assert refused["refusal"] == {
        "type": "ambiguous-id",
        "status": 422,
        "detail": "$[2].command.user_id: It begins or ends with white space, which nobody sees.",
    }


SAID = [
    message
    for path, message in messages()
    if path == SOCKET_PATH and with_look_alikes(message, "wide")
]


@pytest.mark.parametrize("kind", WITH_THE_PATTERN)
@pytest.mark.parametrize("message", SAID, ids=lambda each: each["type"])
def test_over_a_socket_a_game_is_called_what_it_is_called(message: Any, kind: str) -> None:
    for body in with_look_alikes(message, kind).values():
        assert cast("Any", read(body)).payload.game_id == KINDS[kind]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("topic", CHECKOUT.topics, ids=lambda each: each.name)
def test_a_checkout_ends_in_the_room_that_there_is(topic: Any, kind: str) -> None:
    message = {name: said for name, said in example(topic).items() if name != "user_id"}  # not read
    for (field,), body in with_look_alikes(message, kind).items():
        if kind in AGAINST_THE_PATTERN:
            with pytest.raises(Malformed):
                CHECKOUT.issue(Position(topic.name, 0, 0), body)
        else:
            command = CHECKOUT.issue(Position(topic.name, 0, 0), body).command
            assert getattr(command, str(field)) == KINDS[kind]


@pytest.mark.parametrize("kind", KINDS)
def test_no_token_names_one(api: Api, kind: str) -> None:
    with pytest.raises(TokenRefused, match="is no name"):
        api.services.tokens.issue(KINDS[kind], "player")


RECORDED = {
    "event_id": "0d9d3b7c-1a5e-4f0f-8a3b-6c2d1e0f9a8b",
    "event_type": "player_score",
    "player_id": "ada",
    "game_id": "chess",
    "timestamp": "2026-11-01T12:00:00Z",
    "ingested_at": "2026-11-01T12:00:00Z",
}


@pytest.mark.parametrize("name", [*KINDS.values(), ".", "..", "a/b"], ids=repr)
def test_what_has_been_counted_is_read_again_whatever_it_is_called(name: str) -> None:
    for field in ("event_type", "player_id", "game_id"):
        (event,) = events_in(
            [cast("Message", Record(json.dumps(RECORDED | {field: name}).encode()))]
        )
        assert not isinstance(event, UnreadableRecord)
        assert getattr(event, field) == name


def test_what_is_new_is_found_wherever_it_is() -> None:
    class Asked(msgspec.Struct):
        asked: Seeking | None

    with pytest.raises(AmbiguousId) as refused:
        refuse_ambiguous(Asked(Seeking(user_id="7 ")))
    assert refused.value.field == "$.asked.user_id"
    for plain in (Asked(Seeking(user_id="7")), Asked(None), msgspec.UNSET):
        refuse_ambiguous(plain)

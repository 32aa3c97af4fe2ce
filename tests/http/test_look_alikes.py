"""Nobody is called what looks like somebody else, whichever way the name comes."""

import json
from collections.abc import Mapping
from typing import Any, cast

import msgspec
import pytest
from confluent_kafka import Message

from application.inbox import Malformed
from application.validation import AmbiguousId, keys_in
from application.waitroom.checkout import CHECKOUT
from domain.events import Position
from domain.keys import are_plain, flaw_in_key
from domain.player_events.event import TOPIC
from domain.player_events.unreadable import UnreadableRecord
from infra.player_events.reader import events_in
from interfaces.http.games.messages import read
from interfaces.http.games.socket import SOCKET_PATH
from interfaces.http.platform.problems import Problem
from interfaces.tokens import TokenRefused
from tests.contracts.poison.inbound import example, from_outside, operations
from tests.contracts.poison.inbound import sockets as messages
from tests.contracts.poison.mutations import Path, paths
from tests.contracts.rules import IDS
from tests.http.conftest import Api, problem
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
        copy = json.loads(json.dumps(message))
        holder = copy
        for step in path[:-1]:
            holder = holder[step]
        if path[-1] in IDS and isinstance(holder[path[-1]], str):
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


@pytest.mark.parametrize("kind", KINDS)
async def test_no_address_takes_one(api: Api, kind: str) -> None:
    headers = api.token("root", "admin") | {"content-type": "application/json"}
    sent = [
        (each, *one) for each in OPERATIONS for one in with_look_alikes(each.body, kind).items()
    ]
    for operation, field, body in sent:
        answer = await api.client.request(
            operation.method, operation.path, content=body, headers=headers
        )
        if answer.status_code == 200:  # of a batch, one does not stop the others
            assert [each["status"] for each in answer.json()["results"]] == ["refused"], field
        else:
            assert answer.status_code in (400, 422), (operation.path, field, answer.text)


async def test_the_field_is_named(api: Api) -> None:
    body = {"user_id": "ada", "event_id": "concert\u200b"}
    answer = await api.ask("POST", "/api/v1/waitroom/join", body, user="ada")
    details = problem(answer, 422, "ambiguous-id")
    assert details["errors"][0]["field"] == "$.event_id"


SAID = [
    message
    for path, message in messages()
    if path == SOCKET_PATH and with_look_alikes(message, "wide")
]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("message", SAID, ids=lambda each: each["type"])
def test_no_socket_takes_one(message: Any, kind: str) -> None:
    for body in with_look_alikes(message, kind).values():
        with pytest.raises((AmbiguousId, Problem)):
            read(body)


MESSAGES = [topic for topic in from_outside() if topic.name != TOPIC]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("topic", MESSAGES, ids=lambda each: each.name)
def test_no_topic_of_messages_takes_one(topic: Any, kind: str) -> None:
    message = {name: said for name, said in example(topic).items() if name != "user_id"}  # not read
    for body in with_look_alikes(message, kind).values():
        with pytest.raises(Malformed):
            CHECKOUT.issue(Position(topic.name, 0, 0), body)


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


def test_keys_are_found_wherever_they_are() -> None:
    message = read(b'{"type": "watch", "payload": {"game_id": "7"}}')
    assert dict(keys_in([message])) == {"$[0].payload.game_id": "7"}
    assert dict(keys_in(msgspec.UNSET)) == {}

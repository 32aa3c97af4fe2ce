"""Texts of an action are filled with what an event tells."""

from datetime import UTC, datetime

import msgspec
import pytest

from application.effects.happenings import Happening, of_event, of_message
from application.effects.matching import Unattemptable, effect_of, holds
from application.effects.ports import Effect
from application.effects.targets import target_of
from application.effects.templates import Unfillable, filled
from domain.accounts.events import ProfileChanged
from domain.effects.actions import (
    AnyAction,
    Email,
    FileLine,
    RedisKey,
    SocketMessage,
    TableRow,
    TcpLine,
    TextMessage,
    TopicRecord,
    Webhook,
    WebPush,
)
from domain.events import Metadata, Position, Recorded
from domain.personal import Sealed
from tests.effects.world import orders
from tests.given import T0

AT = Position("QUEUE_JOINED", 3, 17)
FACTS = {"user_id": "ada", "position": 3, "half": 0.5, "paid": True, "none": None, "many": [1]}


def key(template: str) -> str:
    action = filled(RedisKey(key=template), FACTS)
    assert isinstance(action, RedisKey)
    return action.key


def test_placeholders_are_filled_and_other_braces_stay() -> None:
    assert key("{user_id}/{position}/{half}/{paid}") == "ada/3/0.5/true"
    assert key('{"n": 1} {} {Name}') == '{"n": 1} {} {Name}'


@pytest.mark.parametrize("name", ["gone", "none", "many"])
def test_what_the_event_does_not_tell_fills_nothing(name: str) -> None:
    with pytest.raises(Unfillable, match=name):
        key(f"{{{name}}}")


def test_what_is_sealed_is_no_text() -> None:
    with pytest.raises(Unfillable):
        filled(RedisKey(key="{name}"), {"name": 'sealed:{"subject": "ada", "sealed": "x"}'})


def test_what_would_be_no_action_any_more_is_none() -> None:
    with pytest.raises(Unfillable, match="key"):
        filled(RedisKey(key="{text}"), {"text": "x" * 501})
    with pytest.raises(Unfillable, match="path"):
        filled(WebPush(person="ada", title="x", path="/{text}"), {"text": "a b"})


def test_an_event_says_nothing_of_where_an_action_goes() -> None:
    hook = Webhook(url="https://example.org/{user_id}")
    assert filled(hook, FACTS) == hook


def test_a_rule_holds_on_its_type_its_fields_and_from_its_time_on() -> None:
    ended = Happening(AT, "game_ended", T0, {"winner": "ada", "moves": 1})
    assert holds(orders(of_type="game_ended", where={"winner": "ada"}), ended)
    assert not holds(orders(of_type="move"), ended)
    assert not holds(orders(where={"winner": "bob"}), ended)
    assert not holds(orders(where={"moves": True}), ended)
    assert holds(orders(where={"result": None}), ended)
    assert holds(orders(since=T0), ended)
    assert not holds(orders(since=T0.replace(year=2027)), ended)
    assert not holds(orders(since=T0), ended._replace(at=None))


def test_an_effect_tells_what_happened() -> None:
    effect = effect_of(orders(RedisKey(key="{event_position}")), Happening(AT, "", T0, {"n": 1}))
    assert isinstance(effect, Effect)
    assert effect.action == RedisKey(key="QUEUE_JOINED/3@17")
    assert msgspec.json.decode(effect.event) == {
        "id": "r:QUEUE_JOINED:3:17",
        "rule": "r",
        "position": "QUEUE_JOINED/3@17",
        "type": "QUEUE_JOINED",
        "timestamp": "2026-11-01T12:00:00Z",
        "data": {"n": 1},
    }


def test_what_lacks_something_cannot_be_attempted() -> None:
    effect = effect_of(orders(RedisKey(key="{n}")), Happening(AT, "", T0, {}))
    assert effect == Unattemptable(AT, "The event tells no n.")


def test_an_event_of_the_log_tells_nothing_that_is_sealed() -> None:
    event = ProfileChanged(
        originator_id="ada",
        originator_version=2,
        timestamp=T0,
        display_name=Sealed(subject="ada", sealed="x"),
        time_zone="UTC",
        language="en",
    )
    told = of_event(Recorded(event, Position("user-log", 0, 1), "c", Metadata()))
    assert told.type == "account.profile-changed.v1"
    assert told.facts["originator_id"] == "ada"
    assert not {"display_name", "type"} & told.facts.keys()


def test_a_message_says_what_it_is_or_nothing() -> None:
    at = datetime(2026, 11, 1, tzinfo=UTC)
    assert of_message(AT, at, b'{"event_type": "move", "n": 1}', "event_type").type == "move"
    assert of_message(AT, at, b"[]", "event_type").facts == {}
    assert of_message(AT, at, None, "event_type") == Happening(AT, "", at, {})


@pytest.mark.parametrize(
    ("action", "target"),
    [
        (SocketMessage(room="{event_id}"), "socket room {event_id}"),
        (SocketMessage(person="{user_id}"), "socket person {user_id}"),
        (TcpLine(host="collector", port=9000), "tcp collector:9000"),
        (Webhook(url="https://user:word@example.org/secret?key=1"), "webhook example.org"),
        (TableRow(table="joins"), "table joins"),
        (Email(to="ada@example.org", subject="x", text=""), "email an address"),
        (Email(to="{user_id}", subject="x", text=""), "email {user_id}"),
        (WebPush(person="{user_id}", title="x"), "web-push person {user_id}"),
        (TextMessage(to="+431234", text="x"), "sms an address"),
        (RedisKey(key="joins\0"), "redis joins\ufffd"),
        (FileLine(file="joins"), "file joins"),
        (TopicRecord(topic="joins", key="k"), "topic joins"),
    ],
)
def test_lists_show_where_an_action_goes_and_no_secret(action: AnyAction, target: str) -> None:
    assert target_of(action) == target

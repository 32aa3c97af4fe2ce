"""Rules in a file are what should hold: added where they are missing, changed where they differ."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec
import pytest

from application.effects.checking import NewRule, RuleChange, check
from interfaces.bootstrap import SetupError
from interfaces.bootstrap.ask_api import AskApi
from interfaces.bootstrap.effects.files import RULES_PATH, Applied, apply, rules_in
from interfaces.bootstrap.effects.sources import sources
from interfaces.cli.effects import SHIPPED

COUNT = {"kind": "redis", "key": "joins"}
FILE = {"kind": "file", "file": "joins"}


class Api:
    """Keeps rules as the API does."""

    def __init__(self) -> None:
        self.rules: dict[str, dict[str, Any]] = {}

    def get(self, path: str) -> Any:
        assert path == RULES_PATH
        return {"rules": [dict(rule) for rule in self.rules.values()]}

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        assert path == RULES_PATH
        fits(body, NewRule)
        self.rules[body["name"]] = {"type": None, "where": {}, **body}

    def put(self, path: str, body: Mapping[str, Any]) -> Any:
        name = path.removeprefix(f"{RULES_PATH}/")
        fits(body, RuleChange)
        self.rules[name] |= body
        return dict(self.rules[name])


def fits(body: Mapping[str, Any], kind: type[RuleChange]) -> None:
    try:
        msgspec.convert(body, kind)
    except msgspec.ValidationError as error:
        raise SetupError(str(error)) from None


def applied(api: Api, *rules: Mapping[str, Any]) -> list[Applied]:
    return list(apply(cast("AskApi", api), rules))


def test_applying_adds_what_is_missing_and_again_changes_nothing() -> None:
    api, rule = Api(), {"name": "r", "on": "QUEUE_JOINED", "action": COUNT}
    assert applied(api, rule) == [Applied("r", "added")]
    assert applied(api, rule) == [Applied("r", "as it was")]


def test_a_rule_that_differs_is_changed() -> None:
    api, rule = Api(), {"name": "r", "on": "QUEUE_JOINED", "action": COUNT, "where": {"a": 1}}
    applied(api, rule)
    assert applied(api, {**rule, "action": FILE}) == [Applied("r", "changed")]
    del rule["where"]
    assert applied(api, {**rule, "action": FILE}) == [Applied("r", "changed")]
    assert api.rules["r"]["where"] == {}


def test_a_rule_on_another_topic_is_refused() -> None:
    api, rule = Api(), {"name": "r", "on": "QUEUE_JOINED", "action": COUNT}
    applied(api, rule)
    with pytest.raises(SetupError, match="QUEUE_LEFT"):
        applied(api, {**rule, "on": "QUEUE_LEFT"})


def test_a_field_that_nobody_knows_is_not_left_out() -> None:
    api, rule = Api(), {"name": "r", "on": "QUEUE_JOINED", "action": COUNT}
    applied(api, rule)
    with pytest.raises(SetupError, match="were"):
        applied(api, {**rule, "were": {"event_id": "concert"}})


def test_a_name_that_is_no_text_is_for_the_api_to_refuse() -> None:
    with pytest.raises(SetupError, match="name"):
        applied(Api(), {"name": ["r"], "on": "QUEUE_JOINED", "action": COUNT})


def test_two_rules_of_one_name_are_refused_before_any_is_added() -> None:
    with pytest.raises(SetupError, match="r"):
        rules_in(b'[{"name": "r"}, {"name": "s"}, {"name": "r"}]')


@pytest.mark.parametrize(
    ("content", "count"), [(b'{"name": "r"}', 1), (b"[{}, {}]", 2), (b'{"rules": [{}]}', 1)]
)
def test_a_file_holds_one_rule_or_several(content: bytes, count: int) -> None:
    assert len(rules_in(content)) == count


@pytest.mark.parametrize(
    "content", [b"rule", b"3", b"[3]", b'{"rules": 3}', b'{"a": "\xff"}', b"[" * 100_000]
)
def test_what_holds_no_rules_is_told(content: bytes) -> None:
    with pytest.raises(SetupError):
        rules_in(content)


def test_the_rules_that_come_with_the_hall_can_be_carried_out() -> None:
    rules = [msgspec.convert(rule, NewRule) for rule in rules_in(SHIPPED.read_bytes())]
    for rule in rules:
        check(rule.on, rule, sources(1), ())
    assert [rule.name for rule in rules] == ["count-joins", "youre-in-line", "live-count"]

"""What rules are, and which of them cannot be."""

import pytest

from application.effects.checking import NewRule, RuleChange, RuleImpossible, check
from application.effects.sources import SourceTopic, of_log
from application.outbox import Outbox
from domain.categories import EFFECTS, USERS
from domain.effects.actions import (
    AnyAction,
    Email,
    FileLine,
    RedisKey,
    SocketMessage,
    TopicRecord,
    Webhook,
)
from domain.effects.rule import (
    AddRule,
    Beginning,
    ChangeRule,
    PauseRule,
    RemoveRule,
    ResumeRule,
    Rule,
    RuleAdded,
    RuleChanged,
    RuleExists,
    RuleGone,
    RuleNotFound,
    RulePaused,
    RuleRemoved,
    RuleResumed,
)
from interfaces.bootstrap.effects.sources import sources
from interfaces.bootstrap.workers import declared
from tests.given import given
from tests.snapshots import folds_the_same_from_any_snapshot

COUNT = {"kind": "redis", "key": "joins"}
FILE = {"kind": "file", "file": "joins"}
ADD = AddRule(rule="r", topic="QUEUE_JOINED", action=COUNT, begins=[Beginning(partition=0)])
CHANGE = ChangeRule(rule="r", action=FILE)
PAUSE, RESUME, REMOVE = PauseRule(rule="r"), ResumeRule(rule="r"), RemoveRule(rule="r")

SOURCES = sources(12)


def test_a_rule_is_added_once() -> None:
    given(Rule("r")).when(ADD).then(RuleAdded).with_facts(action=COUNT).when(ADD).then()


def test_a_name_belongs_to_one_rule_for_good() -> None:
    other = AddRule(rule="r", topic="QUEUE_LEFT", action=COUNT, begins=[])
    given(Rule("r"), ADD).when(other).refuses(RuleExists)
    given(Rule("r"), ADD, REMOVE).when(ADD).refuses(RuleGone)


def test_a_rule_is_changed_paused_resumed_and_removed() -> None:
    story = given(Rule("r"), ADD).when(CHANGE).then(RuleChanged).when(CHANGE).then()
    story.when(PAUSE).then(RulePaused).when(PAUSE).then()
    story.when(RESUME).then(RuleResumed).when(RESUME).then()
    story.when(REMOVE).then(RuleRemoved).when(REMOVE).then()
    story.when(CHANGE).refuses(RuleGone).when(PAUSE).refuses(RuleGone)


@pytest.mark.parametrize("command", [CHANGE, PAUSE, RESUME, REMOVE])
def test_nothing_is_decided_about_a_rule_that_is_not_there(command: ChangeRule) -> None:
    given(Rule("r")).when(command).refuses(RuleNotFound)


def test_a_restored_rule_knows_all_of_it() -> None:
    history = given(Rule("r"), ADD, PAUSE, RESUME, CHANGE, REMOVE).history
    folds_the_same_from_any_snapshot(EFFECTS, Rule, "r", history)


# -- which cannot be -------------------------------------------------------------------------------


def refused(on: str, action: AnyAction, **others: object) -> str:
    with pytest.raises(RuleImpossible) as told:
        check(on, RuleChange(action=action, **others), SOURCES, {"game-log"})  # type: ignore[arg-type]
    return str(told.value)


IMPOSSIBLE: dict[str, tuple[str, AnyAction, dict[str, object]]] = {
    "a topic that is not there": ("nothing", FileLine(file="f"), {}),
    "what it would cause itself": ("effect-log", FileLine(file="f"), {}),
    "a type that is not there": ("game-log", FileLine(file="f"), {"type": "game.lost.v1"}),
    "a type where all are alike": ("QUEUE_JOINED", FileLine(file="f"), {"type": "joined"}),
    "a filter on a field that is not there": (
        "QUEUE_JOINED",
        FileLine(file="f"),
        {"where": {"colour": "red"}},
    ),
    "a placeholder that nothing fills": ("QUEUE_JOINED", RedisKey(key="joins:{room}"), {}),
    "a field that only some events have": ("game-events", RedisKey(key="{winner}"), {}),
    "a sealed text": (
        "user-log",
        Email(to="ops@example.org", subject="{display_name}", text=""),
        {"type": "account.registered.v1"},
    ),
    "a list": ("game-log", RedisKey(key="{line}"), {"type": "game.ended.v1"}),
    "a topic of the hall": ("QUEUE_JOINED", TopicRecord(topic="game-log", key="k"), {}),
    "a webhook that nobody can read": ("QUEUE_JOINED", Webhook(url="https://[shop"), {}),
    "a webhook to no number": ("QUEUE_JOINED", Webhook(url="https://[shop]/"), {}),
    "a webhook with a password": ("QUEUE_JOINED", Webhook(url="https://a:b@c.example/"), {}),
    "a webhook to a port that is none": ("QUEUE_JOINED", Webhook(url="https://c.example:x/"), {}),
    "a webhook to nowhere": ("QUEUE_JOINED", Webhook(url="https:///hook"), {}),
    "a socket of nobody": ("QUEUE_JOINED", SocketMessage(text="Hello"), {}),
    "a socket of a person and a room": ("QUEUE_JOINED", SocketMessage(person="a", room="b"), {}),
}


@pytest.mark.parametrize("case", IMPOSSIBLE)
def test_a_rule_of_which_nothing_can_come_is_refused_with_a_sentence(case: str) -> None:
    on, action, others = IMPOSSIBLE[case]
    assert refused(on, action, **others).endswith(".")


@pytest.mark.parametrize(
    ("on", "type", "key"),
    [
        ("QUEUE_JOINED", None, "{event_id}:{position}:{event_position}"),
        ("game-events", "game_ended", "{winner}"),
        ("game-events", None, "{game_id}"),
        ("waitroom-log", "waitroom.joined.v1", "{originator_id}:{user_id}"),
        ("user-log", None, "{originator_id}"),
    ],
)
def test_others_may_be_on_every_event(on: str, type: str | None, key: str) -> None:
    check(on, NewRule(name="r", on=on, type=type, action=RedisKey(key=key)), SOURCES, ())


def test_every_topic_of_the_log_and_every_public_one_may_be_stood_on_but_that_of_effects() -> None:
    assert {"waitroom-log", "game-log", "user-log", "operations-log"} <= SOURCES.keys()
    assert {"QUEUE_JOINED", "QUEUE_READY", "game-events", "user-events"} <= SOURCES.keys()
    assert EFFECTS.topic not in SOURCES


def test_types_of_the_log_are_what_it_calls_them() -> None:
    source = of_log(USERS, 12)
    assert isinstance(source, SourceTopic)
    assert "account.registered.v1" in source.types


def test_an_outbox_says_which_fields_its_messages_have() -> None:
    for outbox in declared("relay"):
        assert isinstance(outbox, Outbox)
        assert {topic.name for topic in outbox.topics} == outbox.tells.keys()

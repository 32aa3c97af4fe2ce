"""Rules over HTTP, and what became of their effects."""

from typing import Any

import httpx
import pytest

from application.ports.commands import Envelope
from domain.effects.ledger import AttemptEffects, AttemptOutcome, SettleEffects, TakeLine
from tests.http.conftest import Api, problem

RULES = "/api/v1/effects/rules"
EFFECTS = "/api/v1/effects"
RULE = {
    "name": "youre-in-line",
    "on": "QUEUE_JOINED",
    "where": {"event_id": "concert"},
    "action": {"kind": "redis", "key": "joins:{event_id}"},
}
FILE = {"kind": "file", "file": "joins"}
LINE = "youre-in-line:QUEUE_JOINED:0"


async def ask(api: Api, method: str, path: str, body: Any = None, **how: Any) -> httpx.Response:
    return await api.ask(method, path, body, user="olga", scope="admin", **how)


async def done(api: Api, method: str, path: str, body: Any = None) -> Any:
    answer = await ask(api, method, path, body)
    assert answer.is_success, answer.text
    return answer.json()


async def tell(api: Api, *commands: Any) -> None:
    for number, command in enumerate(commands):
        await api.log.execute(Envelope(command_id=f"effects:{command}:{number}", command=command))


async def effects(api: Api) -> None:
    """One that was accepted, one that is unknown."""
    await tell(
        api,
        TakeLine(line=LINE),
        AttemptEffects(line=LINE, epoch=1, up_to=1, seqs=[0, 1], kind="email", target="email x"),
        SettleEffects(
            line=LINE,
            epoch=1,
            outcomes=[
                AttemptOutcome(seq=0, told="accepted"),
                AttemptOutcome(seq=1, told="unknown"),
            ],
        ),
    )


async def test_a_rule_is_added_listed_and_shown(api: Api) -> None:
    added = await ask(api, "POST", RULES, RULE)
    assert added.status_code == 201
    after = {"Read-After": added.headers["position"]}
    (listed,) = (await ask(api, "GET", RULES, headers=after)).json()["rules"]
    assert listed.items() >= {**RULE, "status": "active", "type": None}.items()
    standing = await done(api, "GET", f"{RULES}/youre-in-line")
    assert (standing["rule"], standing["open"]) == (listed, [])


async def test_adding_it_again_changes_nothing_and_another_of_its_name_is_refused(
    api: Api,
) -> None:
    await done(api, "POST", RULES, RULE)
    await done(api, "POST", RULES, RULE)
    assert len(api.log.events["effect-log"]) == 1
    problem(await ask(api, "POST", RULES, {**RULE, "action": FILE}), 409, "rule-exists")


@pytest.mark.parametrize("begins", ["now", "beginning", "2026-11-01T12:00:00Z"])
async def test_its_author_says_where_it_begins(api: Api, begins: str) -> None:
    await done(api, "POST", RULES, {**RULE, "begins": begins})
    (recorded,) = api.log.events["effect-log"]
    first: Any = recorded.event
    assert first.begins[0].offset == (9 if begins == "now" else 0)
    assert (first.since is None) == (begins in {"now", "beginning"})


@pytest.mark.parametrize(
    "begins",
    ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00Z"],
)
async def test_a_time_that_another_zone_does_not_have_is_none(api: Api, begins: str) -> None:
    answer = await ask(api, "POST", RULES, {**RULE, "begins": begins})
    problem(answer, 422, "rule-impossible")


async def test_a_field_that_an_action_does_not_have_is_not_left_out(api: Api) -> None:
    action = {"kind": "redis", "key": "joins", "keep_second": 60}
    problem(await ask(api, "POST", RULES, {**RULE, "action": action}), 400, "invalid-request")


async def test_a_time_that_redis_does_not_know_is_refused_before_anything_counts(api: Api) -> None:
    action = {"kind": "redis", "key": "joins", "keep_seconds": 10**18}
    problem(await ask(api, "POST", RULES, {**RULE, "action": action}), 400, "invalid-request")


async def test_what_cannot_be_called_a_line_has_no_effects(api: Api) -> None:
    for effect in ("a b:QUEUE_JOINED:0:1", "r:QUEUE_JOINED:x:1", ":::1", f"{LINE}:\u0663"):
        problem(await ask(api, "POST", f"{EFFECTS}/{effect}/drop"), 404, "effect-not-found")


async def test_a_time_that_is_none_and_a_topic_that_is_none_are_told(api: Api) -> None:
    answer = await ask(api, "POST", RULES, {**RULE, "begins": "2026-13-01T12:00:00Z"})
    problem(answer, 422, "rule-impossible")
    answer = await ask(api, "POST", RULES, {**RULE, "on": "effect-log"})
    assert "QUEUE_JOINED" in problem(answer, 422, "rule-impossible")["detail"]


async def test_a_rule_is_changed_paused_resumed_and_removed(api: Api) -> None:
    await done(api, "POST", RULES, RULE)
    changed = await done(api, "PUT", f"{RULES}/youre-in-line", {"action": FILE})
    assert (changed["action"], changed["where"]) == (FILE, {})
    for word, status in (("pause", "paused"), ("resume", "active")):
        assert (await done(api, "POST", f"{RULES}/youre-in-line/{word}"))["status"] == status
    assert (await done(api, "DELETE", f"{RULES}/youre-in-line"))["status"] == "removed"
    assert (await done(api, "GET", RULES))["rules"] == []
    problem(await ask(api, "POST", RULES, RULE), 409, "rule-gone")


async def test_a_change_is_checked_too(api: Api) -> None:
    await done(api, "POST", RULES, RULE)
    wrong = {"action": {"kind": "redis", "key": "{colour}"}}
    problem(await ask(api, "PUT", f"{RULES}/youre-in-line", wrong), 422, "rule-impossible")
    problem(await ask(api, "PUT", f"{RULES}/other", wrong), 404, "rule-not-found")


async def test_a_rehearsal_tells_what_would_be_done_and_does_nothing(api: Api) -> None:
    await api.open()
    await api.join("ann")
    rule = {
        "name": "tried",
        "on": "waitroom-log",
        "type": "waitroom.joined.v1",
        "action": {"kind": "redis", "key": "{user_id}"},
    }
    told = await done(api, "POST", f"{EFFECTS}/rehearsals", rule)
    assert told["matching"] == 1
    assert told["samples"][0]["action"] == {"kind": "redis", "key": "ann"}
    assert not api.log.events["effect-log"]


async def test_effects_are_listed_by_rule_and_by_what_became_of_them(api: Api) -> None:
    await effects(api)
    ids = [each["id"] for each in (await done(api, "GET", EFFECTS))["effects"]]
    assert ids == [f"{LINE}:1", f"{LINE}:0"]
    unknown = await done(api, "GET", f"{EFFECTS}?status=unknown&rule=youre-in-line")
    assert [each["id"] for each in unknown["effects"]] == [f"{LINE}:1"]
    page = await done(api, "GET", f"{EFFECTS}?limit=1")
    rest = await done(api, "GET", f"{EFFECTS}?limit=1&before={page['before']}")
    assert [each["id"] for each in rest["effects"]] == [f"{LINE}:0"]
    problem(await ask(api, "GET", f"{EFFECTS}?before=nothing"), 422, "invalid-cursor")


async def test_an_operator_retries_or_drops_what_is_unknown(api: Api) -> None:
    await effects(api)
    there = f"{EFFECTS}/{LINE}:1"
    assert (await done(api, "POST", f"{there}/retry?dry_run=true"))["status"] == "waiting"
    assert (await done(api, "POST", f"{there}/drop?dry_run=true"))["status"] == "dropped"
    assert (await done(api, "GET", there))["status"] == "unknown"
    await done(api, "POST", f"{there}/retry")
    assert (await done(api, "GET", there))["status"] == "waiting"
    await done(api, "POST", f"{there}/drop")
    assert (await done(api, "GET", there))["status"] == "dropped"


async def test_nothing_is_decided_about_what_is_final_or_not_there(api: Api) -> None:
    await effects(api)
    for word in ("retry", "drop"):
        final = f"{EFFECTS}/{LINE}:0/{word}"
        problem(await ask(api, "POST", final), 409, "effect-not-open")
        problem(await ask(api, "POST", f"{final}?dry_run=true"), 409, "effect-not-open")
        problem(await ask(api, "POST", f"{EFFECTS}/nothing/{word}"), 404, "effect-not-found")
    problem(await ask(api, "GET", f"{EFFECTS}/nothing"), 404, "effect-not-found")


async def test_steps_of_the_ledger_are_the_halls_own(api: Api) -> None:
    envelope = {"command_id": "c", "command": {"command": "effects.take-line", "line": LINE}}
    answer = await ask(api, "POST", "/api/v1/commands", [envelope])
    assert answer.json()[0]["refusal"]["type"] == "by-hall-alone"

"""Accounts: opened and changed by those whose they are, looked at by others."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from application.accounts.claiming import CLAIMS_S, MOST_CLAIMS
from application.envelopes import ForwardedVerdict
from application.ports.commands import Answer, Envelope
from domain.accounts.claimed_name import CLAIM_SECONDS, HELD_DAYS, ClaimName
from domain.categories import USERS
from domain.refusals import Refusal
from tests.http.conftest import Api, problem

MINE = "/api/v1/me/account"
REGISTER = f"{MINE}/register"
ACCOUNTS = "/api/v1/accounts"
NAME = "Ada Lovelace"


async def register(api: Api, user: str = "ann", handle: str = "ada", **more: Any) -> dict[str, Any]:
    answer = await api.ask("POST", REGISTER, {"handle": handle, **more}, user=user)
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def rename(api: Api, handle: str, user: str = "ann", **options: Any) -> Any:
    api.log.pass_time(1)  # the next claim ends later than the one before
    return await api.ask("POST", f"{MINE}/handle", {"handle": handle}, user=user, **options)


async def who_has(api: Api, handle: str) -> str | None:
    found = await api.ask("GET", f"{ACCOUNTS}/by-handle/{handle}", user="eve")
    return str(found.json()["user_id"]) if found.is_success else None


async def test_somebody_registers_and_reads_all_of_it(api: Api) -> None:
    opened = await register(api, handle="Ada", display_name=NAME, time_zone="Europe/London")
    assert opened == {"user_id": "ann", "handle": "ada", "status": "active"}

    mine = (await api.ask("GET", MINE)).json()

    assert mine.pop("registered_at")
    assert mine == {
        **opened,
        "display_name": NAME,
        "time_zone": "Europe/London",
        "language": "en",
        "email": None,
        "has_avatar": False,
    }


async def test_others_see_the_public_part_by_id_and_by_handle(api: Api) -> None:
    await register(api, display_name=NAME)
    for path in ("ann", "by-handle/ada", "by-handle/ADA"):
        seen = (await api.ask("GET", f"{ACCOUNTS}/{path}", user="eve")).json()
        assert seen.pop("registered_at")
        assert seen == {"user_id": "ann", "handle": "ada", "display_name": NAME}


async def test_who_has_no_account_is_not_found(api: Api) -> None:
    for path in (MINE, f"{ACCOUNTS}/ann", f"{ACCOUNTS}/by-handle/ada"):
        problem(await api.ask("GET", path), 404, "account-not-found")
    problem(await rename(api, "owl"), 404, "account-not-found")
    problem(await api.ask("POST", f"{MINE}/profile", {}), 404, "account-not-found")
    problem(await api.ask("POST", f"{MINE}/delete"), 404, "account-not-found")


async def test_a_handle_is_one_persons(api: Api) -> None:
    await register(api)
    problem(await api.ask("POST", REGISTER, {"handle": "ADA"}, user="ben"), 409, "handle-taken")
    await register(api, "ben", "ben")
    problem(await rename(api, "ada", "ben"), 409, "handle-taken")


async def test_somebody_has_one_account(api: Api) -> None:
    await register(api)
    await register(api)
    problem(await api.ask("POST", REGISTER, {"handle": "owl"}), 409, "account-exists")
    assert not claimed(api, "owl"), "no handle is kept for who cannot have it"


def claimed(api: Api, handle: str) -> list[Any]:
    return api.log.of(f"@{handle}")


async def test_a_handle_is_changed_and_the_former_one_held_for_who_had_it(api: Api) -> None:
    await register(api)
    assert (await rename(api, "owl")).json()["handle"] == "owl"
    assert await who_has(api, "owl") == "ann"
    assert await who_has(api, "ada") is None
    problem(await api.ask("POST", REGISTER, {"handle": "ada"}, user="ben"), 409, "handle-taken")
    assert (await rename(api, "ada")).is_success
    assert (await rename(api, "owl")).is_success
    api.log.now += timedelta(days=HELD_DAYS)
    await register(api, "ben", "ada")


@pytest.mark.parametrize(
    ("handle", "type"),
    [
        ("adm1n", "handle-reserved"),
        ("ad", "handle-malformed"),
        ("\u0430da", "handle-malformed"),
        ("ada\u200b", "handle-malformed"),
        ("\uff41da", "handle-malformed"),
    ],
)
async def test_what_is_no_handle_is_refused(api: Api, handle: str, type: str) -> None:
    problem(await api.ask("POST", REGISTER, {"handle": handle}), 422, type)


async def test_a_time_zone_is_one_that_there_is(api: Api) -> None:
    body = {"handle": "ada", "time_zone": "Europe/Atlantis"}
    problem(await api.ask("POST", REGISTER, body), 422, "time-zone-unknown")


async def test_a_profile_is_said_anew(api: Api) -> None:
    await register(api, display_name=NAME, language="de")
    changed = await api.ask("POST", f"{MINE}/profile", {"time_zone": "Asia/Tokyo"})
    assert changed.is_success
    mine = (await api.ask("GET", MINE)).json()
    told = (mine["display_name"], mine["time_zone"], mine["language"])
    assert told == (None, "Asia/Tokyo", "en")


async def test_a_deleted_account_is_gone_and_its_handle_held(api: Api) -> None:
    await register(api)
    deleted = (await api.ask("POST", f"{MINE}/delete")).json()
    assert deleted == {"user_id": "ann", "handle": None, "status": "active"}
    problem(await api.ask("GET", MINE), 404, "account-not-found")
    problem(await api.ask("POST", REGISTER, {"handle": "ada"}, user="ben"), 409, "handle-taken")
    await register(api)


# -- operators -------------------------------------------------------------------------------------


async def test_operators_disable_an_account_and_take_that_back(api: Api) -> None:
    await register(api)
    for _ in range(2):
        disabled = await api.ask("POST", f"{ACCOUNTS}/ann/disable", user="olga", scope="admin")
        assert disabled.json()["status"] == "disabled"
    problem(await rename(api, "owl"), 403, "account-disabled")
    problem(await api.ask("GET", f"{ACCOUNTS}/ann", user="eve"), 404, "account-not-found")
    assert (await api.ask("GET", MINE)).json()["status"] == "disabled"
    enabled = await api.ask("POST", f"{ACCOUNTS}/ann/enable", user="olga", scope="admin")
    assert enabled.json()["status"] == "active"
    assert await who_has(api, "ada") == "ann"


async def test_operators_find_accounts_by_the_beginning_of_a_handle(api: Api) -> None:
    for number in range(5):
        await register(api, f"user-{number}", f"ada-{number}")
    await register(api, "ben", "ben")
    await api.ask("POST", f"{ACCOUNTS}/user-3/disable", user="olga", scope="admin")

    async def found(asked: str) -> Any:
        return (await api.ask("GET", f"{ACCOUNTS}?{asked}", user="olga", scope="admin")).json()

    first = await found("prefix=Ada&limit=3")
    rest = await found(f"prefix=ada&limit=3&after={first['after']}")
    listed = [each["handle"] for page in (first, rest) for each in page["accounts"]]
    assert listed == [f"ada-{number}" for number in range(5)]
    assert rest["after"] is None
    (disabled,) = (await found("status=disabled"))["accounts"]
    assert disabled["user_id"] == "user-3"


@pytest.mark.parametrize("scope", ["player", "service"])
async def test_nobody_else_does(api: Api, scope: Any) -> None:
    await register(api)
    problem(await api.ask("GET", ACCOUNTS, scope=scope), 403, "wrong-scope")
    for order in ("disable", "enable"):
        answer = await api.ask("POST", f"{ACCOUNTS}/ann/{order}", scope=scope)
        problem(answer, 403, "wrong-scope")


@pytest.mark.parametrize("scope", ["admin", "service"])
async def test_an_account_is_a_persons(api: Api, scope: Any) -> None:
    problem(await api.ask("POST", REGISTER, {"handle": "ada"}, scope=scope), 403, "wrong-scope")


# -- repetitions, and what ends half-way -----------------------------------------------------------


async def test_a_repetition_gets_the_first_answer_and_adds_nothing(api: Api) -> None:
    key = {"idempotency-key": "first"}
    body = {"handle": "ada", "display_name": NAME}
    first = await api.ask("POST", REGISTER, body, headers=key)
    assert (await rename(api, "owl", headers={"idempotency-key": "second"})).is_success
    before = len(api.log.events[USERS.topic])

    again = await api.ask("POST", REGISTER, body, headers=key)
    renamed = await rename(api, "owl", headers={"idempotency-key": "second"})

    assert (again.status_code, again.json()) == (201, first.json())
    assert renamed.json()["handle"] == "owl"
    assert len(api.log.events[USERS.topic]) == before
    other = await api.ask("POST", REGISTER, {"handle": "night"}, headers=key)
    problem(other, 422, "idempotency-key-reused")
    assert not claimed(api, "night")


async def test_who_dies_after_the_claim_leaves_nothing_behind(api: Api) -> None:
    claim = ClaimName(name="@ada", user_id="ann")
    await api.log.execute(Envelope(command_id="lost", command=claim))
    problem(await api.ask("POST", REGISTER, {"handle": "ada"}, user="ben"), 409, "handle-taken")
    api.log.pass_time(CLAIM_SECONDS)
    await register(api, "ben", "ada")


async def test_another_process_may_own_the_shards(api: Api, monkeypatch: Any) -> None:
    """Refusals and answers then come as JSON."""
    decide = api.log.execute

    async def forwarded(envelope: Envelope) -> Answer:
        try:
            verdict: Any = await decide(envelope)
        except Refusal as refusal:
            verdict = refusal
        told = msgspec.json.encode(ForwardedVerdict.of(verdict))
        return msgspec.json.decode(told, type=ForwardedVerdict).settle()

    monkeypatch.setattr(api.log, "execute", forwarded)
    await register(api)
    problem(await api.ask("POST", REGISTER, {"handle": "ada"}, user="ben"), 409, "handle-taken")


async def test_steps_of_the_hall_are_nobodys_to_send(api: Api) -> None:
    steps = [
        {"command": "name.claim", "name": "@ada", "user_id": "ann"},
        {
            "command": "name.give-up",
            "name": "@ada",
            "user_id": "ann",
            "until": "2026-11-01T12:00:00Z",
        },
        {"command": "account.change-handle", "user_id": "ann", "handle": "ada"},
    ]
    sent = [{"command_id": f"step-{n}", "command": step} for n, step in enumerate(steps)]
    answer = await api.ask("POST", "/api/v1/commands", sent, user="shop", scope="admin")
    verdicts = answer.json()
    assert {each["refusal"]["type"] for each in verdicts} == {"by-hall-alone"}
    taken = await api.ask("POST", "/api/v1/commands", sent[:1], user="names", scope="process")
    assert "refusal" not in taken.json()[0]


async def test_the_log_holds_no_name_in_the_open(api: Api) -> None:
    await register(api, display_name=NAME)
    written = msgspec.json.encode([api.log.events, api.log.commands]).decode()
    assert "ada" in written
    assert "Lovelace" not in written
    api.seals.erase("ann")
    assert (await api.ask("GET", MINE)).json()["display_name"] is None


async def test_a_query_waits_for_what_was_answered(api: Api) -> None:
    answer = await api.ask("POST", REGISTER, {"handle": "ada"})
    after = {"read-after": answer.headers["position"]}
    assert (await api.ask("GET", MINE, headers=after)).status_code == 200


async def test_an_account_asks_for_so_many_names(api: Api) -> None:
    await register(api)
    key = {"idempotency-key": "the last"}
    for number in range(MOST_CLAIMS - 2):
        assert (await rename(api, f"ada-{number}")).is_success
    problem(await api.ask("POST", f"{MINE}/handle", {"handle": "admin"}), 422, "handle-reserved")
    assert api.tries.tried["claims:ann"] == MOST_CLAIMS, "what is refused counts, too"

    beyond = await rename(api, "owl")

    assert "handles" in problem(beyond, 429, "too-many-requests")["detail"]
    assert beyond.headers["retry-after"] == str(CLAIMS_S)
    assert not claimed(api, "owl")
    assert (await rename(api, f"ada-{MOST_CLAIMS - 3}")).is_success, "it has that already"
    await register(api, "ben", "owl")
    api.tries.tried["claims:ben"] = MOST_CLAIMS - 1
    for _ in range(3):
        assert (await rename(api, "night", "ben", headers=key)).is_success, "all of them are one"

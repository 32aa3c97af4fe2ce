"""Everybody may take away what is known of them, and be forgotten; operators do it for others."""

import io
import json
import time
from typing import Any
from unittest.mock import patch
from zipfile import ZipFile

import httpx
import pytest

from application.ports.sign_ins import Way
from infra.sign_ins import SignInsOfPeople
from infra.subjects.people import KeysOfPeople
from interfaces.http.platform import welcome
from interfaces.http.platform.welcome import FRESH_S
from interfaces.http.subjects import people as limits
from interfaces.http.subjects.people import People
from tests.http.conftest import Api, problem
from tests.http.test_accounts import MINE, register
from tests.http.test_signing_in import OURS

NAME, OTHER_NAME = "Ada Lovelace", "Benjamin Lovelace"
NOTHING = dict.fromkeys(
    ("account", "friends", "conversations", "rooms", "avatars", "sign-ins", "keys"), 0
)
EXPORT, ERASE = "/api/v1/me/export", "/api/v1/me/erase"


async def a_life(api: Api) -> None:
    """Ann has an account, waits beside Ben in a room, and plays him."""
    await register(api, display_name=NAME)
    await api.open(capacity=2)
    for user, name in (("ann", NAME), ("ben", OTHER_NAME)):
        body = {"user_id": user, "event_id": "concert", "display_name": name}
        joined = await api.ask("POST", "/api/v1/waitroom/join", body, user=user)
        assert joined.status_code == 201
    await api.pair()


def unpacked(answer: httpx.Response) -> dict[str, list[dict[str, Any]]]:
    """The lines of each file of an archive, by the name of the file."""
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    with ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        assert (names[0], names[-1]) == ("README.txt", "index.json")
        return {
            name: [json.loads(line) for line in archive.read(name).splitlines()]
            for name in names[1:-1]
        }


async def exported(api: Api, user: str = "ann") -> list[dict[str, Any]]:
    return unpacked(await api.ask("GET", EXPORT, user=user))["log.ndjson"]


async def test_somebody_takes_away_what_is_known_of_them_with_their_name(api: Api) -> None:
    await a_life(api)
    told = await exported(api)
    types = [event["type"] for event in told]
    expected = {"account.registered.v1", "name.claimed.v1", "waitroom.joined.v1"}
    assert expected | {"lobby.game-sought.v1", "game.started.v1"} <= {*types}
    registered = told[types.index("account.registered.v1")]
    assert registered["facts"]["display_name"] == NAME
    assert registered["metadata"]["actor"] == "ann"
    joined = [event for event in told if event["type"] == "waitroom.joined.v1"]
    assert [event["facts"]["display_name"] for event in joined] == [NAME]


async def test_of_others_it_tells_ids_and_no_names(api: Api) -> None:
    await a_life(api)
    told = json.dumps(await exported(api))
    assert '"ben"' in told, "who sat opposite"
    assert OTHER_NAME not in told


async def test_an_archive_says_what_is_in_it_and_that_it_is_whole(api: Api) -> None:
    await a_life(api)
    answer = await api.ask("GET", EXPORT)
    assert answer.headers["content-disposition"] == 'attachment; filename="export.zip"'
    with ZipFile(io.BytesIO(answer.content)) as archive:
        index = json.loads(archive.read("index.json"))
        lines = len(archive.read("log.ndjson").splitlines())
    assert index["user_id"] == "ann"
    told = {file["file"]: file["lines"] for file in index["files"]}
    assert told == {"avatars.ndjson": 0, "log.ndjson": lines}


async def test_who_has_no_account_takes_away_as_well(api: Api) -> None:
    await a_life(api)
    assert "waitroom.joined.v1" in {event["type"] for event in await exported(api, "ben")}
    assert await exported(api, "nobody") == []


async def test_operators_export_anybody_and_nobody_else_does(api: Api) -> None:
    await a_life(api)
    path = "/api/v1/accounts/ann/export"
    told = unpacked(await api.ask("GET", path, user="olga", scope="admin"))["log.ndjson"]
    assert told == await exported(api)
    for scope in ("player", "service"):
        problem(await api.ask("GET", path, user="ann", scope=scope), 403, "wrong-scope")


async def test_an_export_may_be_asked_for_some_times_an_hour(api: Api) -> None:
    for _ in range(limits.MOST_EXPORTS):
        assert (await api.ask("GET", EXPORT)).is_success
    refused = await api.ask("GET", EXPORT)
    problem(refused, 429, "too-many-requests")
    assert refused.headers["retry-after"] == "3600"
    assert (await api.ask("GET", EXPORT, user="ben")).is_success


async def test_few_exports_run_at_a_time_and_one_that_is_over_makes_room(api: Api) -> None:
    people = api.services.part(People)
    running = [people.export((), "ann") for _ in range(limits.AT_ONCE)]
    for each in running:
        await anext(each)
    problem(await api.ask("GET", EXPORT), 503, "unavailable")
    assert "export:ann" not in api.tries.tried, "it costs nobody a try"
    await running[0].aclose()
    assert (await api.ask("GET", EXPORT)).is_success
    assert api.tries.tried["export:ann"] == 1
    await running[1].aclose()


# -- erasing ---------------------------------------------------------------------------------------


async def erase(api: Api, user: str = "ann") -> dict[str, Any]:
    answer = await api.ask("POST", ERASE, {"user_id": user}, user=user)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def counts(report: dict[str, Any]) -> dict[str, int]:
    return {each["place"]: each["count"] for each in report["forgotten"]}


async def test_who_is_erased_has_no_account_no_name_and_no_sign_in(api: Api) -> None:
    await a_life(api)
    begun = await api.services.cookies.begin("ann", "Ann", "player", "guest")
    assert begun is not None

    report = await erase(api)

    assert (report["user_id"], report["complete"], report["undone"]) == ("ann", True, [])
    assert counts(report) == NOTHING | {"account": 1, "sign-ins": 1, "keys": 1}
    assert {each["place"] for each in report["stays"]} >= {"account", "log"}
    assert report["later"][0]["hours"] == 168
    problem(await api.ask("GET", MINE), 404, "account-not-found")
    assert NAME not in json.dumps(await exported(api))
    assert not api.sign_ins.rows


async def test_who_sat_beside_them_keeps_everything(api: Api) -> None:
    await a_life(api)
    before = await exported(api, "ben")
    await erase(api)
    assert await exported(api, "ben") == before


async def test_nobody_is_erased_by_a_slip(api: Api) -> None:
    await a_life(api)
    for body in ({"user_id": "ben"}, {"user_id": "Ann"}):
        problem(await api.ask("POST", ERASE, body), 422, "erasure-unconfirmed")
    problem(await api.ask("POST", ERASE, {}), 400, "invalid-request")
    assert NAME in json.dumps(await exported(api))


async def test_what_was_half_done_is_done_when_it_is_asked_for_again(api: Api) -> None:
    await a_life(api)
    api.seals.away = True
    report = await erase(api)
    assert not report["complete"]
    waits = "It waits until all else is forgotten; ask again."
    assert report["undone"] == [
        {"place": "keys", "what": KeysOfPeople.forgets, "why": "Kafka is away."},
        {"place": "sign-ins", "what": SignInsOfPeople.forgets, "why": waits},
    ]
    assert counts(report)["account"] == 1
    api.seals.away = False
    again = await erase(api)
    assert (again["complete"], counts(again)) == (True, NOTHING | {"keys": 1})
    assert counts(await erase(api)) == NOTHING


async def signed_in(api: Api, way: Way, age_s: float = 0) -> dict[str, str]:
    """Ann has signed in at a browser, so long ago: the headers of its requests."""
    cookies, now = api.services.cookies, time.time()
    with patch.object(cookies, "_clock", lambda: now - age_s):
        _, kept = await cookies.begin("ann", "Ann", "player", way) or (None, "")
    return OURS | {"cookie": kept.partition(";")[0]}


async def at_browser(api: Api, headers: dict[str, str]) -> httpx.Response:
    api.client.cookies.clear()
    return await api.client.post(ERASE, json={"user_id": "ann"}, headers=headers)


@pytest.mark.parametrize("way", ["passkey", "mail", "provider"])
async def test_at_a_browser_that_was_left_open_nobody_is_erased(api: Api, way: Way) -> None:
    await register(api, display_name=NAME)
    left_open = await signed_in(api, way, FRESH_S + 1)
    problem(await at_browser(api, left_open), 403, "sign-in-too-old")
    assert NAME in json.dumps(await exported(api))
    answer = await at_browser(api, await signed_in(api, way))
    assert answer.json()["complete"]
    assert "Max-Age=0" in answer.headers["set-cookie"]


async def test_who_signed_in_elsewhere_long_ago_has_to_sign_in_again(api: Api) -> None:
    left_open = await signed_in(api, "provider", FRESH_S + 1)
    problem(await at_browser(api, left_open), 403, "sign-in-too-old")


async def test_a_guest_who_cannot_sign_in_again_is_erased(api: Api) -> None:
    assert (await at_browser(api, await signed_in(api, "guest", FRESH_S + 1))).json()["complete"]


async def test_who_is_not_forgotten_everywhere_stays_signed_in_and_asks_again(api: Api) -> None:
    await register(api, display_name=NAME)
    here = await signed_in(api, "mail", FRESH_S - 60)
    api.seals.away = True
    answer = await at_browser(api, here)
    assert not answer.json()["complete"]
    assert "set-cookie" not in answer.headers
    problem(await api.ask("GET", MINE), 404, "account-not-found")

    api.seals.away = False
    with patch.object(welcome, "FRESH_S", 0):  # a while later
        again = await at_browser(api, here)

    assert (again.json()["complete"], counts(again.json())["sign-ins"]) == (True, 1)
    assert "Max-Age=0" in again.headers["set-cookie"]
    problem(await at_browser(api, here), 401, "unauthenticated")


async def test_operators_erase_anybody_and_nobody_else_does(api: Api) -> None:
    await a_life(api)
    path = "/api/v1/accounts/ann/erase"
    for scope in ("player", "service"):
        problem(await api.ask("POST", path, user="ben", scope=scope), 403, "wrong-scope")
    report = (await api.ask("POST", path, user="olga", scope="admin")).json()
    assert (report["complete"], counts(report)["account"]) == (True, 1)


async def test_who_was_disabled_is_erased_and_does_not_come_back(api: Api) -> None:
    await register(api, display_name=NAME)
    await api.ask("POST", "/api/v1/accounts/ann/disable", user="olga", scope="admin")
    assert counts(await erase(api))["account"] == 1
    again = await api.ask("POST", f"{MINE}/register", {"handle": "ada"})
    problem(again, 403, "account-disabled")


async def test_a_handle_that_was_somebody_s_is_held_for_them_after_the_erasure(api: Api) -> None:
    await register(api)
    await erase(api)
    taken = await api.ask("POST", f"{MINE}/register", {"handle": "ada"}, user="ben")
    problem(taken, 409, "handle-taken")
    api.log.pass_time(1)
    await register(api)


async def test_an_id_of_a_handle_is_nobody_s(api: Api) -> None:
    await register(api)
    path = "/api/v1/accounts/@ada/erase"
    report = (await api.ask("POST", path, user="olga", scope="admin")).json()
    assert (report["complete"], counts(report)["account"]) == (True, 0)


async def test_a_service_is_nobody_to_erase_or_to_tell_of(api: Api) -> None:
    as_shop: Any = {"user": "shop", "scope": "service"}
    problem(await api.ask("POST", ERASE, {"user_id": "shop"}, **as_shop), 403, "wrong-scope")
    problem(await api.ask("GET", EXPORT, **as_shop), 403, "wrong-scope")

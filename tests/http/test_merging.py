"""Operators merge a guest into an account, who has played what the guest has, and plays on."""

from typing import Any

import httpx
import pytest

from application.accounts.people import AccountOfPeople
from application.games import people as games
from application.ports.commands import Envelope, Unavailable
from domain.accounts.commands import EraseAccount
from interfaces.http.subjects import people as limits
from tests.http.at_tables import LIVE, WINNING, everything
from tests.http.conftest import Api, problem
from tests.http.socket_client import connected
from tests.http.test_accounts import MINE, register

GUEST = "alice~k3j9x2m"
PATH = "/api/v1/accounts/ann/merge"


async def merge(
    api: Api, guest: str = GUEST, into: str = "ann", *, user: str = "olga", scope: Any = "admin"
) -> httpx.Response:
    path = f"/api/v1/accounts/{into}/merge"
    return await api.ask("POST", path, {"guest_id": guest}, user=user, scope=scope)


async def merged(api: Api, guest: str = GUEST, into: str = "ann") -> dict[str, Any]:
    answer = await merge(api, guest, into)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def counts(report: dict[str, Any]) -> dict[str, int]:
    return {each["place"]: each["count"] for each in report["merged"]}


async def move(api: Api, game: str, user: str, column: int) -> httpx.Response:
    return await api.ask("POST", f"/api/v1/games/{game}/move", {"column": column}, user=user)


async def play(api: Api, game: str, *columns: int, first: str = GUEST) -> None:
    for turn, column in enumerate(columns):
        assert (await move(api, game, (first, "ben")[turn % 2], column)).is_success


async def game_of(api: Api, game: str) -> dict[str, Any]:
    return dict((await api.ask("GET", f"/api/v1/games/{game}")).json())


async def test_the_owner_of_the_account_plays_on_and_the_guest_does_not(api: Api) -> None:
    await register(api)
    game = await api.pair(GUEST, "ben")
    await play(api, game, *WINNING)

    report = await merged(api)

    assert (report["guest_id"], report["user_id"], report["complete"]) == (GUEST, "ann", True)
    assert counts(report)["games"] == 1
    problem(await move(api, game, GUEST, 0), 403, "not-a-player")
    place = (await api.ask("GET", "/api/v1/me/place")).json()
    assert (place["status"], place["game_id"], place["game"]["to_move"]) == ("seated", game, "ann")
    won = (await move(api, game, "ann", 0)).json()
    assert (won["winner"], won["result"]) == ("ann", "win")
    idle = (await api.ask("GET", "/api/v1/me/place", user=GUEST)).json()
    assert idle["status"] == "idle"
    assert (await api.ask("GET", "/api/v1/me/place")).json()["status"] == "idle", "it is over"


async def test_games_that_are_over_were_the_accounts(api: Api) -> None:
    await register(api)
    game = await api.pair(GUEST, "ben")
    await play(api, game, *WINNING, 0)
    assert counts(await merged(api))["games"] == 1
    shown = await game_of(api, game)
    assert (shown["player1"], shown["winner"]) == ("ann", "ann")
    listed = (await api.ask("GET", f"/api/v1/games?player={GUEST}")).json()
    assert listed["games"] == []


async def test_merging_again_changes_nothing(api: Api) -> None:
    await register(api)
    await play(api, await api.pair(GUEST, "ben"), *WINNING, 0)
    await api.pair(GUEST, "ben")
    assert counts(await merged(api))["games"] == 2
    before = {topic: len(events) for topic, events in api.log.events.items()}
    again = await merged(api)
    assert again["complete"]
    assert {*counts(again).values()} == {0}
    assert {topic: len(events) for topic, events in api.log.events.items()} == before


async def test_a_game_that_the_account_plays_in_stays_as_it_is(api: Api) -> None:
    await register(api)
    game = await api.pair(GUEST, "ann")
    report = await merged(api)
    assert (report["complete"], counts(report)["games"]) == (True, 0)
    assert (await game_of(api, game))["player1"] == GUEST
    assert (await move(api, game, GUEST, 0)).is_success


async def test_who_plays_elsewhere_keeps_to_that_table_and_may_move_at_both(api: Api) -> None:
    await register(api)
    game = await api.pair(GUEST, "ben")
    other = await api.pair("ann", "cem")
    assert counts(await merged(api))["games"] == 1
    assert (await api.ask("GET", "/api/v1/me/place")).json()["game_id"] == other
    assert (await move(api, game, "ann", 0)).is_success
    assert (await move(api, other, "ann", 0)).is_success


async def test_a_guest_who_waits_for_an_opponent_waits_no_more(api: Api) -> None:
    await register(api)
    await api.ask("POST", "/api/v1/games/seek", {}, user=GUEST)
    assert (await merged(api))["complete"]
    assert (await api.ask("GET", "/api/v1/me/place", user=GUEST)).json()["status"] == "idle"


async def test_the_guest_is_signed_out_everywhere(api: Api) -> None:
    await register(api)
    for _ in range(2):
        await api.services.cookies.begin(GUEST, "Alice", "player", "guest")
    assert counts(await merged(api))["sign-ins"] == 2
    assert await api.services.cookies.of_user(GUEST, "player") == []


async def test_the_report_says_what_stays_the_guests_and_why(api: Api) -> None:
    await register(api)
    stays = {each["place"]: each["why"] for each in (await merged(api))["stays"]}
    assert "browser" in stays["waiting rooms"]
    assert stays.keys() >= {"games", "waiting rooms"}


async def test_the_account_hears_over_its_socket_that_it_sits_there_now(api: Api) -> None:
    await register(api)
    game = await api.pair(GUEST, "ben")
    async with connected(api, LIVE, user="ann") as ann, connected(api, LIVE, user="ben") as ben:
        await ben.send("watch", game_id=game)
        assert (await ben.until("game_state"))["player1"] == GUEST
        await everything(ben)
        await merged(api)
        assert (await ann.until("seated"))["game_id"] == game
        assert (await ann.until("game_state"))["to_move"] == "ann"
        assert (await ben.until("game_state"))["player1"] == "ann"
        await ann.send("move", column=3)
        assert (await ben.until("move"))["player"] == "ann"


# -- who is merged, and into what ------------------------------------------------------------------


async def test_nobody_but_operators_merges(api: Api) -> None:
    await register(api)
    for user, scope in (("ann", "player"), (GUEST, "player"), ("shop", "service")):
        problem(await merge(api, user=user, scope=scope), 403, "wrong-scope")


async def test_an_account_that_is_not_there_or_disabled_takes_nobody_in(api: Api) -> None:
    problem(await merge(api), 404, "account-not-found")
    await register(api)
    await api.ask("POST", "/api/v1/accounts/ann/disable", user="olga", scope="admin")
    problem(await merge(api), 403, "account-disabled")


@pytest.mark.parametrize("guest", ["ann", "ben", "bot-easy"])
async def test_who_is_no_guest_is_not_merged(api: Api, guest: str) -> None:
    await register(api)
    problem(await merge(api, guest), 422, "not-a-guest")


async def test_a_guest_with_an_account_is_not_merged(api: Api) -> None:
    await register(api)
    await register(api, GUEST, "owl")
    problem(await merge(api), 409, "guest-has-account")


async def test_a_guest_is_merged_into_one_account_and_has_none_of_their_own(api: Api) -> None:
    await register(api)
    await register(api, "ben", "owl")
    await merged(api)
    problem(await merge(api, into="ben"), 409, "guest-merged")
    refused = await api.ask("POST", f"{MINE}/register", {"handle": "alice"}, user=GUEST)
    problem(refused, 409, "guest-merged")


async def test_what_is_refused_moves_nothing(api: Api) -> None:
    game = await api.pair(GUEST, "ben")
    problem(await merge(api), 404, "account-not-found")
    assert (await game_of(api, game))["player1"] == GUEST


async def test_a_merge_names_a_guest_and_nothing_else(api: Api) -> None:
    await register(api)
    for body in ({}, {"guest_id": ""}, {"guest_id": GUEST, "why": "they asked"}):
        answer = await api.ask("POST", PATH, body, user="olga", scope="admin")
        problem(answer, 400, "invalid-request")


# -- half way --------------------------------------------------------------------------------------


async def test_what_was_half_done_is_done_when_it_is_asked_for_again(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(api)
    game = await api.pair(GUEST, "ben")
    await play(api, game, *WINNING, 0)
    await api.services.cookies.begin(GUEST, "Alice", "player", "guest")

    async def away(player: str, but_with: str, limit: int) -> list[str]:
        raise Unavailable("PostgreSQL is away.")

    with monkeypatch.context() as patch:
        patch.setattr(api.games, "seats_of", away)
        report = await merged(api)
    assert not report["complete"]
    (undone,) = report["undone"]
    assert (undone["place"], undone["why"]) == ("games", "PostgreSQL is away.")
    assert counts(report)["sign-ins"] == 1, "none waits for another"
    again = await merged(api)
    assert (again["complete"], counts(again)["games"]) == (True, 1)
    assert (await game_of(api, game))["winner"] == "ann"


async def test_a_seat_whose_game_has_not_begun_is_handed_over_once_it_has(api: Api) -> None:
    await register(api)
    api.log.matchmaker_rests = True
    for user in (GUEST, "ben"):
        await api.ask("POST", "/api/v1/games/seek", {}, user=user)
    report = await merged(api)
    assert [each["place"] for each in report["undone"]] == ["games"]
    api.log.matchmaker_rests = False
    api.log.matchmake()
    again = await merged(api)
    assert (again["complete"], counts(again)["games"]) == (True, 1)
    assert (await api.ask("GET", "/api/v1/me/place")).json()["status"] == "seated"


async def test_one_request_hands_over_so_many_games_and_the_next_one_the_rest(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(api)
    for _ in range(3):
        await play(api, await api.pair(GUEST, "ben"), *WINNING, 0)
    monkeypatch.setattr(games, "MOST_GAMES", 2)
    assert not (await merged(api))["complete"]
    report = await merged(api)
    assert (report["complete"], counts(report)["games"]) == (True, 1)


async def test_a_merge_may_be_asked_for_some_times_an_hour(api: Api) -> None:
    await register(api)
    for _ in range(limits.MOST_MERGES):
        assert (await merge(api)).is_success
    problem(await merge(api), 429, "too-many-requests")
    assert (await merge(api, "gus~2345678")).is_success


async def test_a_merge_into_an_account_that_is_erased_meanwhile_asks_for_another_erasure(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(api)
    seats_of = api.games.seats_of

    async def once_erased(player: str, but_with: str, limit: int) -> list[str]:
        await api.log.execute(Envelope(command_id="erasure", command=EraseAccount(user_id="ann")))
        return await seats_of(player, but_with, limit)

    monkeypatch.setattr(api.games, "seats_of", once_erased)
    report = await merged(api)
    assert not report["complete"]
    (undone,) = report["undone"]
    assert (undone["place"], undone["why"]) == (
        "account",
        "'ann' has no account. If 'ann' was erased meanwhile, erase them once more.",
    )
    problem(await merge(api), 404, "account-not-found")


# -- afterwards ------------------------------------------------------------------------------------


async def test_who_is_erased_is_so_with_their_guests(api: Api) -> None:
    await register(api)
    await api.open(capacity=2)
    body = {"user_id": GUEST, "event_id": "concert", "display_name": "Alice of Nowhere"}
    await api.ask("POST", "/api/v1/waitroom/join", body, user=GUEST)
    await merged(api)
    answer = await api.ask("POST", "/api/v1/me/erase", {"user_id": "ann"})
    report = answer.json()
    assert (report["guests"], report["complete"]) == ([GUEST], True)
    assert {each["place"]: each["count"] for each in report["forgotten"]}["keys"] == 1
    assert not [*api.seals.ring.ids(GUEST)]


async def test_an_erasure_that_does_not_know_the_guests_says_so_and_goes_on(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register(api)
    await merged(api)

    async def away(user_id: str) -> list[str]:
        raise Unavailable("PostgreSQL is away.")

    accounts = api.services.parts[AccountOfPeople]
    with monkeypatch.context() as patch:
        patch.setattr(accounts, "guests", away)
        report = (await api.ask("POST", "/api/v1/me/erase", {"user_id": "ann"})).json()
    assert not report["complete"]
    assert [each["place"] for each in report["undone"]] == ["account", "sign-ins"], "it waits"
    assert report["undone"][0]["why"] == "PostgreSQL is away."
    again = (await api.ask("POST", "/api/v1/me/erase", {"user_id": "ann"})).json()
    assert (again["complete"], again["guests"]) == (True, [GUEST])

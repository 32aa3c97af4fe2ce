"""One's own feed over HTTP, and as it goes on: streams, sockets, and who may have them."""

import asyncio
from typing import Any, cast

import pytest

from application.feed.asides import Asides
from application.ports.commands import Envelope
from domain.feed.commands import AddEntry
from interfaces.http.platform import channel, streams
from interfaces.tokens import Tokens
from projections.feed import FEED_ENTRIES
from tests.http.conftest import SECRET, Api, another_process, problem
from tests.http.fakes.feeds import FakeFeeds
from tests.http.fakes.listening import FakeListening
from tests.http.serving import HOST, head_of, served
from tests.http.serving import told as answer_of
from tests.http.socket_client import connected
from tests.http.stream_client import EVENTS, PATIENCE_S, following
from tests.http.test_sessions import signed_in
from tests.http.test_signing_in import OURS

FEED = "/api/v1/me/feed"
LIVE = f"{FEED}/live"


async def add(api: Api, *numbers: int, user: str = "ann", **told: Any) -> None:
    """Tell somebody so many things."""
    for number in numbers:
        entry = {"user_id": user, "kind": "game-found", "about": f"game-{number}"} | told
        command = AddEntry(**entry, source=f"game-log/0@{number}")
        await api.log.execute(Envelope(command_id=f"feed:{user}:{number}", command=command))


def feeds_of(api: Api) -> FakeFeeds:
    return cast("FakeFeeds", api.services.queries(FEED_ENTRIES))


# -- the feed --------------------------------------------------------------------------------------


async def test_a_feed_is_read_page_by_page_both_ways(api: Api) -> None:
    await add(api, *range(1, 6))
    newest = (await api.ask("GET", f"{FEED}?limit=2")).json()
    assert [each["number"] for each in newest["entries"]] == [5, 4]
    assert (newest["before"], newest["after"]) == (4, 5)
    older = (await api.ask("GET", f"{FEED}?limit=3&before=4")).json()
    assert [each["number"] for each in older["entries"]] == [3, 2, 1]
    assert older["before"] is None
    later = (await api.ask("GET", f"{FEED}?limit=2&after=2")).json()
    assert [each["number"] for each in later["entries"]] == [3, 4]
    assert (later["before"], later["after"]) == (3, 4)
    nothing = (await api.ask("GET", f"{FEED}?after=5")).json()
    assert nothing == {"entries": [], "before": None, "after": 5}


async def test_nobody_asks_both_ways_at_once(api: Api) -> None:
    problem(await api.ask("GET", f"{FEED}?after=1&before=3"), 422, "invalid-cursor")


@pytest.mark.parametrize("asked", ["before=null", "after=-1", "archived=null", "unread=null"])
async def test_what_is_no_number_chooses_nothing(api: Api, asked: str) -> None:
    problem(await api.ask("GET", f"{FEED}?{asked}"), 400, "invalid-request")


async def test_what_was_read_and_put_away_shows_everywhere(api: Api) -> None:
    await add(api, 1, 2, 3)
    await add(api, 4, kind="your-move", pending=True)
    read = await api.ask("POST", f"{FEED}/read", {"numbers": [2]})
    assert read.json()["by_kind"] == {"game-found": 2, "your-move": 1}
    assert read.headers["position"].startswith("person-log/")
    await api.ask("POST", f"{FEED}/seen", {"up_to": 3})
    gone = await api.ask("POST", f"{FEED}/archive", {"up_to": 1})
    assert gone.json() == {
        "user_id": "ann",
        "newest": 4,
        "seen": 3,
        "unread": 2,
        "by_kind": {"game-found": 1, "your-move": 1},
    }
    assert (await api.ask("GET", f"{FEED}/unread")).json() == gone.json()
    after = {"read-after": gone.headers["position"]}
    entries = (await api.ask("GET", FEED, headers=after)).json()["entries"]
    marks = [(each["seen"], each["read"], each["archived"]) for each in reversed(entries)]
    assert marks == [
        (True, True, True),
        (True, True, False),
        (True, False, False),
        (False, False, False),
    ]
    for asked, numbers in (
        ("unread=true", [4, 3]),
        ("archived=true", [1]),
        ("archived=false", [4, 3, 2]),
        ("kind=your-move", [4]),
    ):
        page = (await api.ask("GET", f"{FEED}?{asked}")).json()
        assert [each["number"] for each in page["entries"]] == numbers, asked


async def test_what_is_not_there_cannot_be_read(api: Api) -> None:
    await add(api, 1)
    for what, body in (
        ("read", {"numbers": [2]}),
        ("archive", {"up_to": 2}),
        ("seen", {"up_to": 2}),
    ):
        problem(await api.ask("POST", f"{FEED}/{what}", body), 422, "entry-unknown")


async def test_a_repeated_request_gets_its_first_answer(api: Api) -> None:
    await add(api, 1)
    key = {"idempotency-key": "once"}
    first = await api.ask("POST", f"{FEED}/read", {"up_to": 1}, headers=key)
    await add(api, 2)
    again = await api.ask("POST", f"{FEED}/read", {"up_to": 1}, headers=key)
    assert again.json() == first.json()


async def test_a_feed_is_its_person_s_alone(api: Api) -> None:
    await add(api, 1)
    assert (await api.ask("GET", FEED, user="ben")).json()["entries"] == []
    for scope in ("service", "admin"):
        problem(await api.ask("GET", FEED, scope=scope), 403, "wrong-scope")


async def test_players_are_told_of_their_games(api: Api) -> None:
    api.log.feeds_people = True
    game = await api.pair()
    page = (await api.ask("GET", FEED)).json()
    assert {(each["kind"], each["about"], each["other"]) for each in page["entries"]} == {
        ("game-found", game, "ben"),
        ("your-move", game, "ben"),
    }
    await api.ask("POST", f"/api/v1/games/{game}/move", {"column": 3})
    unread = (await api.ask("GET", f"{FEED}/unread")).json()["by_kind"]
    assert unread == {"game-found": 1}
    unread = (await api.ask("GET", f"{FEED}/unread", user="ben")).json()["by_kind"]
    assert unread == {"game-found": 1, "your-move": 1}


# -- as it goes on ---------------------------------------------------------------------------------


async def test_a_stream_tells_how_it_stands_and_what_comes(api: Api) -> None:
    await add(api, 1)
    async with following(api) as stream:
        kind, state, id = await stream.next()
        assert (kind, state["newest"], state["unread"], id) == ("state", 1, 1, None)
        assert stream.status == 200
        assert stream.headers[b"content-type"] == b"text/event-stream"
        assert stream.headers[b"cache-control"] == b"no-store"
        await add(api, 2, other="ben", data={"move": 3})
        kind, entry, id = await stream.next()
        assert (kind, id, entry["number"], entry["other"]) == ("entry", 2, 2, "ben")
        assert (entry["data"], entry["read"]) == ({"move": 3}, False)
        assert (await stream.next())[1]["unread"] == 2
        await api.ask("POST", f"{FEED}/read", {"numbers": [1]})
        assert (await stream.next())[:2] == ("read", {"numbers": [[1, 1]]})
        assert (await stream.next())[1]["unread"] == 1
        await api.ask("POST", f"{FEED}/seen", {"up_to": 2})
        assert (await stream.next())[:2] == ("seen", {"up_to": 2})
        await api.ask("POST", f"{FEED}/archive", {"up_to": 1})
        assert await stream.until("archived") == {"numbers": [[1, 1]]}


async def test_who_comes_back_gets_what_was_missed(api: Api) -> None:
    await add(api, *range(1, 501))
    async with following(api, 3) as stream:
        assert await stream.numbers(497) == [*range(4, 501)]
        await add(api, 501)
        assert await stream.numbers(1) == [501]
    async with following(api, query="last_event_id=499") as stream:
        assert await stream.numbers(2) == [500, 501]


async def test_another_process_goes_on_where_one_ended(api: Api) -> None:
    await add(api, 1, 2)
    async with following(api, 0) as stream:
        assert await stream.numbers(2) == [1, 2]
    await add(api, 3)
    other = another_process(api)
    async with following(other, 2) as stream, connected(other, f"{LIVE}?last_event_id=1") as socket:
        assert await stream.numbers(1) == [3]
        assert [(await socket.until("entry"))["number"] for _ in range(2)] == [2, 3]
        await add(api, 4)
        assert await stream.numbers(1) == [4]
        assert (await socket.until("entry"))["number"] == 4


async def test_a_read_model_that_is_away_is_waited_for(api: Api) -> None:
    await add(api, 1, 2, 3)
    feeds_of(api).is_missing = True
    async with following(api, 1) as stream:
        assert (await stream.next())[0] == "state"
        await add(api, 4)
        feeds_of(api).is_missing = False
        assert await stream.numbers(3) == [2, 3, 4]


async def test_a_cut_subscription_is_begun_anew(api: Api) -> None:
    async with following(api) as stream:
        await stream.next()
        api.log.cut("ann")
        await add(api, 1, 2)
        assert await stream.numbers(2) == [1, 2]


@pytest.mark.parametrize(
    ("cursor", "status", "type"), [("x", 400, "invalid-last-event-id"), ("9", 422, "cursor-ahead")]
)
async def test_a_cursor_that_is_none_is_refused(
    api: Api, cursor: str, status: int, type: str
) -> None:
    await add(api, 1)
    answer = await api.ask("GET", EVENTS, headers={"last-event-id": cursor})
    problem(answer, status, type)
    async with connected(api, f"{LIVE}?last_event_id={cursor}") as socket:
        assert await socket.closed() == channel.INVALID


async def test_a_log_that_is_away_is_told_before_the_stream_begins(api: Api) -> None:
    api.log.away = True
    problem(await api.ask("GET", EVENTS), 503, "unavailable")
    async with connected(api, LIVE) as socket:
        assert await socket.closed() == channel.TRY_LATER


async def test_streams_are_for_people(api: Api) -> None:
    problem(await api.ask("GET", EVENTS, scope="service"), 403, "wrong-scope")
    problem(await api.client.get(EVENTS), 401, "unauthenticated")
    problem(await api.ask("POST", EVENTS), 405, "method-not-allowed")
    token = api.token("shop", "service")
    async with connected(api, LIVE, headers=token) as socket:
        assert await socket.closed() == channel.NOT_YOURS


async def test_a_silent_stream_says_that_it_is_there(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "KEEP_ALIVE_S", 0.01)
    async with following(api) as stream:
        bodies = b""
        async with asyncio.timeout(PATIENCE_S):
            while streams.KEEP_ALIVE not in bodies:
                bodies += (await stream.chunks.get()).get("body", b"")


async def test_who_does_not_read_is_let_go(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "SEND_TIMEOUT_S", 0.01)
    async with following(api) as stream:
        await stream.next()
        stream.reads.clear()
        await add(api, 1)
        async with asyncio.timeout(PATIENCE_S):
            while api.log.subscriptions("ann"):  # noqa: ASYNC110  nobody tells
                await asyncio.sleep(0.01)


async def test_a_stream_ends_with_its_token(api: Api) -> None:
    short = Tokens(SECRET).issue("ann", "player", ttl=1)
    async with following(api, headers={"authorization": f"Bearer {short}"}) as stream:
        assert await stream.until("over") == {"reason": "the token has expired"}


async def test_a_stream_ends_with_the_sign_in(api: Api) -> None:
    kept = await signed_in(api)
    async with following(api, headers={**OURS, "cookie": kept}) as stream:
        await stream.next()
        await api.client.post("/api/v1/sign-out", headers=OURS | {"cookie": kept})
        assert (await stream.until("over"))["reason"].startswith("signed out")


async def test_a_socket_answers_a_ping_and_nothing_else(api: Api) -> None:
    async with connected(api, LIVE) as socket:
        await socket.until("state")
        await socket.send("ping")
        await socket.until("pong")
        await socket.send_text("{")
        assert (await socket.until("error"))["type"].endswith("malformed-json")


async def test_who_is_there_hears_what_is_told_beside(api: Api) -> None:
    told = api.services.part(Asides).told
    assert await told.tell("ann", {"text": "to nobody"}) == 0
    async with following(api) as stream, connected(api, LIVE) as socket:
        await stream.next()
        await socket.until("state")
        assert await told.tell("ann", {"text": "Come!"}) == 1
        assert await stream.next() == ("told", {"text": "Come!"}, None)
        assert await socket.until("told") == {"text": "Come!"}
        assert await told.tell("ben", {"text": "no"}) == 0
    assert await told.tell("ann", {"text": "gone"}) == 0


async def test_a_real_server_sends_a_stream_bit_by_bit(api: Api) -> None:
    await add(api, 1)
    headers = api.token("ann") | {"last-event-id": "0"}
    async with served(api.doors.public) as port:
        answer = await answer_of(port, head_of("GET", EVENTS, headers))
        assert b"200 OK" in answer
        assert b"text/event-stream" in answer
        async with asyncio.timeout(PATIENCE_S):
            while api.log.subscriptions("ann"):  # noqa: ASYNC110  nobody tells that one has gone
                await asyncio.sleep(0.01)


async def test_a_server_that_ends_does_not_wait_for_streams(api: Api) -> None:
    async with asyncio.timeout(PATIENCE_S), served(api.doors.public) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        writer.write(head_of("GET", EVENTS, api.token("ann")))
        await reader.readuntil(b"event: state")
        api.services.closing.set()
    assert (await reader.read()).endswith(b"0\r\n\r\n"), "it has come to its end"
    writer.close()


async def test_a_socket_of_a_feed_is_told_aside_once(api: Api) -> None:
    async with connected(api, LIVE) as socket:
        await socket.send("ping")
        await socket.until("pong")
        assert cast("FakeListening", api.services.listening).channels == set()

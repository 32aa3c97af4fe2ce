"""Every limit of the reference's table: what is just within it is taken, and no more than that."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import msgspec
import pytest
from websockets.asyncio.client import connect

from interfaces.http.platform import channel
from interfaces.http.platform.bodies import KIB
from interfaces.http.serve import MOST_CONNECTIONS
from tests.http import limits_of_conversations as talk
from tests.http import limits_of_people as people
from tests.http.at_tables import LIVE
from tests.http.conftest import Api, an_api
from tests.http.limits import JOIN, Asked, Limit, silence, table
from tests.http.serving import HOST, head_of, served, told
from tests.http.socket_client import Closed, connected
from tests.http.sockets.virtual_time import VirtualTime
from tests.http.stream_client import EVENTS, following
from tests.http.test_reporting_events import an_event

BATCH, COMMANDS = "/api/v1/events/batch", "/api/v1/commands"
ANN_JOINS = b'{"user_id": "ann", "event_id": "concert"}'
FEED_LIVE = "/api/v1/me/feed/live"
JSON = {"content-type": "application/json"}


# -- in memory, where time passes at once ----------------------------------------------------------


async def the_time_of_a_body(api: Api, limit: Limit) -> None:
    await api.open()
    loop, (most,) = asyncio.get_running_loop(), limit.most

    async def late() -> Any:
        await asyncio.sleep(most - 0.1)
        return {"type": "http.request", "body": ANN_JOINS, "more_body": False}

    assert await Asked(api, late).status() == "201"
    begun = loop.time()
    assert await Asked(api, silence).status() == limit.beyond
    assert loop.time() - begun == pytest.approx(most)


async def the_size_of_a_body(api: Api, limit: Limit) -> None:
    await api.open()
    most = limit.most[0] * KIB
    assert (await post(api, JOIN, ANN_JOINS.ljust(most))).status_code == 201
    refused(await post(api, JOIN, ANN_JOINS.ljust(most + 1)), limit)


async def the_size_of_many(api: Api, limit: Limit) -> None:
    most = limit.most[0] * KIB
    assert (await post(api, BATCH, b"[]".ljust(most))).status_code == 200
    refused(await post(api, BATCH, b"[]".ljust(most + 1)), limit)
    assert (await post(api, COMMANDS, b"[]".ljust(most))).status_code == 200
    assert (await post(api, COMMANDS, b"[]".ljust(most + 1))).status_code == 413
    packed, too_much = gzip.compress(b"[]".ljust(most)), gzip.compress(b"[]".ljust(most + 1))
    headers = {"content-encoding": "gzip"}
    assert (await post(api, BATCH, packed, **headers)).status_code == 200
    refused(await post(api, BATCH, too_much, **headers), limit)


async def what_is_left_of_a_body(api: Api, limit: Limit) -> None:
    loop, (most_kib, most_s) = asyncio.get_running_loop(), limit.most
    taken_kib = 0

    async def endless() -> Any:
        nonlocal taken_kib
        taken_kib += 1
        return {"type": "http.request", "body": b" " * KIB, "more_body": True}

    assert await Asked(api, endless, token=False).status() == "401"
    assert taken_kib == most_kib
    begun = loop.time()
    assert await Asked(api, silence, token=False).status() == "401"
    assert loop.time() - begun == pytest.approx(most_s)


async def requests_of_an_address(api: Api, limit: Limit) -> None:
    present = [Asked(api, silence) for _ in range(limit.most[0])]
    assert await Asked(api, silence).status() == limit.beyond
    elsewhere = Asked(api, silence, address="127.0.0.2")
    await asyncio.sleep(1)
    for each in (*present, elsewhere):
        assert not each.sent
        each.task.cancel()


async def visitors_of_an_address(api: Api, limit: Limit) -> None:
    await api.open()

    async def nothing() -> Any:
        return {"type": "http.request", "body": b"", "more_body": False}

    def visitor(address: str) -> Asked:
        return Asked(
            api, nothing, token=False, address=address, path="/queue/concert/join", ours=True
        )

    most, _minutes = limit.most
    for _ in range(most):
        assert await visitor("198.51.100.7").status() == "303"
    assert await visitor("198.51.100.7").status() == limit.beyond
    assert await visitor("198.51.100.8").status() == "303"


async def rules(api: Api, limit: Limit) -> None:
    async def add(number: int, path: str = "/api/v1/effects/rules") -> Any:
        action = {"kind": "file", "file": "joins"}
        rule = {"name": f"rule-{number}", "on": "QUEUE_JOINED", "action": action}
        return await api.ask("POST", path, rule, user="olga", scope="admin")

    (most,) = limit.most
    for number in range(most):
        assert (await add(number)).status_code == 201
    refused(await add(most), limit)
    assert (await add(most, "/api/v1/effects/rehearsals")).status_code == 200
    assert (await add(0)).status_code == 201, "the same again"
    await api.ask("DELETE", "/api/v1/effects/rules/rule-0", user="olga", scope="admin")
    assert (await add(most)).status_code == 201


async def _a_room(api: Api, **facts: Any) -> Any:
    return await api.ask("POST", "/api/v1/rooms", {"name": "Night owls", **facts}, user="olga")


async def capacity_of_a_room(api: Api, limit: Limit) -> None:
    (most,) = limit.most
    assert (await _a_room(api, capacity=most)).status_code == 201
    refused(await _a_room(api, capacity=most + 1), limit)


async def moderators_of_a_room(api: Api, limit: Limit) -> None:
    await _listed_in_a_room(api, limit, "appoint")


async def listed_in_a_room(api: Api, limit: Limit) -> None:
    await _listed_in_a_room(api, limit, "invite")


async def _listed_in_a_room(api: Api, limit: Limit, what: str) -> None:
    (most,), room = limit.most, (await _a_room(api)).json()["room_id"]
    members = f"/api/v1/rooms/{room}/members"
    for number in range(most):
        answer = await api.ask("POST", f"{members}/user-{number}/{what}", user="olga")
        assert answer.status_code == 200
    refused(await api.ask("POST", f"{members}/one-more/{what}", user="olga"), limit)


async def commands(api: Api, limit: Limit) -> None:
    def many(count: int) -> bytes:
        command = {"command": "lobby.cancel-seek", "user_id": "ann"}
        return msgspec.json.encode(
            [{"command_id": f"{n}", "command": command} for n in range(count)]
        )

    assert len((await post(api, COMMANDS, many(limit.most[0]))).json()) == limit.most[0]
    refused(await post(api, COMMANDS, many(limit.most[0] + 1)), limit)


async def events(api: Api, limit: Limit) -> None:
    for most, kind, separator, ends in (
        (limit.most[0], "application/json", b",", (b"[", b"]")),
        (limit.most[0], "application/x-ndjson", b"\n", (b"", b"")),
    ):
        within, beyond = (separator.join([b"{}"] * n).join(ends) for n in (most, most + 1))
        answer = await post(api, BATCH, within, **{"content-type": kind})
        assert answer.json()["refused"] == most
        refused(await post(api, BATCH, beyond, **{"content-type": kind}), limit)


async def the_size_of_data(api: Api, limit: Limit) -> None:
    most = limit.most[0] * KIB
    texts = (f'{{"x":"{"y" * (size - 8)}"}}' for size in (most, most + 1))
    body = b"[%s]" % b",".join(an_event_with(text) for text in texts)
    within, beyond = (await post(api, BATCH, body)).json()["results"]
    assert (within["status"], beyond["status"]) == ("accepted", limit.beyond)


async def nesting(api: Api, limit: Limit) -> None:
    def deep(levels: int) -> bytes:
        return an_event_with('{"x":' * levels + "1" + "}" * levels)

    await taken_and_refused(api, limit, deep)


async def digits(api: Api, limit: Limit) -> None:
    await taken_and_refused(api, limit, lambda count: an_event_with(f'{{"x":{"1" * count}}}'))


async def sockets(api: Api, limit: Limit) -> None:
    of_a_user, of_a_process = limit.most
    async with AsyncExitStack() as open_ones:
        for _ in range(of_a_user):
            await open_ones.enter_async_context(connected(api, LIVE))
        assert await code_of_another(api, "ann") == limit.beyond
        for number in range(of_a_user, of_a_process):
            assert api.services.socket_limits.enter(f"user-{number}")
        assert await code_of_another(api, "ben") == limit.beyond


async def streams_of_a_feed(api: Api, limit: Limit) -> None:
    (most,) = limit.most
    async with AsyncExitStack() as open_ones:
        for _ in range(most):
            stream = await open_ones.enter_async_context(following(api))
            await stream.next()
        answer = await api.ask("GET", EVENTS)
        assert (
            f"{answer.status_code}, {await code_of_another(api, 'ann', FEED_LIVE)}" == limit.beyond
        )
        assert f"{most} streams" in answer.json()["detail"]
        await (await open_ones.enter_async_context(following(api, user="ben"))).next()
        assert not api.services.addresses.present, "a stream is no request in progress"
    async with following(api) as stream:
        await stream.next()


async def a_message(api: Api, limit: Limit) -> None:
    most = limit.most[0] * KIB
    async with connected(api, LIVE) as socket:
        await socket.send_text('{"type": "ping"}'.ljust(most))
        assert await socket.receive() == ("pong", {})
        await socket.send_text('{"type": "ping"}'.ljust(most + 1))
        assert str(await socket.closed()) == limit.beyond


async def messages_that_wait(api: Api, limit: Limit) -> None:
    for messages, is_ended in ((limit.most[0], False), (limit.most[0] + 1, True)):
        async with connected(api, LIVE) as socket:
            socket.reads.clear()
            await socket.send("ping")
            await asyncio.sleep(0.1)  # the answer is on its way
            for _ in range(messages):
                await socket.send("ping")
            await asyncio.sleep(0.1)
            socket.reads.set()
            if is_ended:
                assert str(await socket.closed()) == limit.beyond
            else:
                assert [(await socket.receive())[0] for _ in range(messages + 1)]


async def silence_of_a_socket(api: Api, limit: Limit) -> None:
    loop, (most,) = asyncio.get_running_loop(), limit.most
    async with connected(api, LIVE) as socket:
        await asyncio.sleep(most - 1)
        await socket.send("pong")
        await asyncio.sleep(0.1)
        begun = loop.time()
        while (said := await socket.incoming.get())["type"] != "websocket.close":
            pass
        assert str(said["code"]) == limit.beyond
        assert loop.time() - begun == pytest.approx(most, abs=1)


IN_MEMORY: dict[str, Callable[[Api, Limit], Awaitable[None]]] = {
    "a body, from its first byte to its last": the_time_of_a_body,
    "a body": the_size_of_a_body,
    "a body of many commands or events, unpacked": the_size_of_many,
    "what is left of a body when it is refused": what_is_left_of_a_body,
    "requests of one network address in progress": requests_of_an_address,
    "tries to sign in from one network address, of IPv6 from its first 64 bits": people.tries,
    "sign-ups that are begun from one network address": people.sign_ups_that_are_begun,
    "handles and addresses that an account asks for": people.names_of_an_account,
    "exports that somebody asks for": people.exports,
    "erasures of one person": people.erasures,
    "merges of one guest": people.merges,
    "mails that a browser asks for, to sign in": people.mails_of_a_browser,
    "mails to one e-mail address, and to new addresses of one account": people.mails_to_an_address,
    "codes that are tried for one mail": people.codes_of_a_mail,
    "new visitors of pages of waiting rooms from one network address": visitors_of_an_address,
    "rules that something is done by, without those removed": rules,
    "characters of a message in a conversation": talk.characters_of_a_message,
    "people in a group, and all who have ever said something there": talk.people_in_a_group,
    "friends that a group is started with": talk.friends_at_once,
    "messages of a conversation that can be edited, deleted and reacted to": talk.newest_messages,
    "the capacity of a room in which people meet": capacity_of_a_room,
    "its moderators": moderators_of_a_room,
    "who is invited into it, who is muted, and who is kept out": listed_in_a_room,
    "commands of a request": commands,
    "events of a batch": events,
    "the `data` of an event": the_size_of_data,
    "its nesting": nesting,
    "a number in it": digits,
    "sockets of a user, and of a process": sockets,
    "streams and sockets of somebody's feed": streams_of_a_feed,
    "a message over a socket": a_message,
    "messages that wait for a slow reader": messages_that_wait,
    "silence of a socket": silence_of_a_socket,
}


@pytest.mark.parametrize("limit", [row for row in table() if row.what in IN_MEMORY], ids=str)
def test_what_is_within_a_limit_is_taken_and_no_more(limit: Limit) -> None:
    async def attack() -> None:
        async with an_api() as api:
            await IN_MEMORY[limit.what](api, limit)

    loop = VirtualTime()
    loop.run_until_complete(attack())
    loop.close()


async def post(api: Api, path: str, body: bytes, **headers: str) -> Any:
    everything = api.token("shop", "service") | JSON | headers
    return await api.client.post(path, content=body, headers=everything)


def refused(answer: Any, limit: Limit) -> None:
    """It is refused as the table says, and told what the table says."""
    assert str(answer.status_code) == limit.beyond, answer.text
    assert f"{limit.most[0]}" in answer.json()["detail"].replace(",", "")


def an_event_with(data: str) -> bytes:
    event = msgspec.json.encode(an_event(event_type="anything", data={}))
    return event.replace(b'"data":{}', b'"data":' + data.encode())


async def taken_and_refused(api: Api, limit: Limit, event: Callable[[int], bytes]) -> None:
    (most,) = limit.most
    assert (await post(api, "/api/v1/events", event(most))).status_code == 200
    refused(await post(api, "/api/v1/events", event(most + 1)), limit)


async def code_of_another(api: Api, user: str, path: str = LIVE) -> str:
    try:
        async with connected(api, path, user=user) as socket:
            return str(await socket.closed())
    except Closed as closed:
        return str(closed.code)


# -- at a real server ------------------------------------------------------------------------------


async def test_connections_beyond_the_limit_wait(api: Api) -> None:
    (limit,) = (row for row in table() if row.what == "connections of an API process")
    assert (limit.most, limit.beyond) == ([MOST_CONNECTIONS], "they wait")
    # So many sockets no test can hold; the server is told the number, and keeps to a small one.
    asked = head_of("GET", "/health/live", {})
    async with served(api.doors.public, connections=2) as port:
        first, second = [await asyncio.open_connection(HOST, port) for _ in range(2)]
        for reader, writer in (first, second):
            writer.write(asked)
            assert await reader.read(65_536)
        waits = asyncio.create_task(told(port, asked))
        for _ in range(20):
            first[1].write(asked)
            assert await first[0].read(65_536)
        assert not waits.done()
        second[1].close()
        assert (await waits).startswith(b"HTTP/1.1 200")
        first[1].close()


async def test_a_header_that_does_not_end_in_time_ends_the_connection(api: Api) -> None:
    (limit,) = (row for row in table() if row.what == "the header of a request")
    assert limit.beyond == "the connection ends"
    loop = asyncio.get_running_loop()
    async with served(api.doors.public) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        begun = loop.time()
        dribbling = asyncio.create_task(dribble(writer))
        assert b" 200 " not in await reader.read()
        assert loop.time() - begun > limit.most[0] - 1
        dribbling.cancel()
        writer.close()


async def dribble(writer: asyncio.StreamWriter) -> None:
    for byte in head_of("GET", "/health/live", {"x": "y" * 1_000}):
        writer.write(bytes([byte]))
        await asyncio.sleep(0.2)


async def test_who_sends_more_than_what_is_left_may_be_is_cut_off(api: Api) -> None:
    (limit,) = (row for row in table() if row.what == "what is left of a body when it is refused")
    assert limit.beyond == "the connection ends"
    sizes = limit.most[0] * KIB, 20 * limit.most[0] * KIB
    heads = [head_of("POST", JOIN, JSON | {"content-length": f"{size}"}) for size in sizes]
    async with served(api.doors.public) as port:
        assert (await told(port, heads[0] + b" " * sizes[0])).startswith(b"HTTP/1.1 401")
        with pytest.raises(ConnectionError):
            await told(port, heads[1] + b" " * sizes[1])


async def test_a_message_that_is_never_whole_is_silence(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(channel, "PING_AFTER_S", 0.2)
    monkeypatch.setattr(channel, "IDLE_LIMIT_S", 0.5)

    async def parts() -> AsyncIterator[str]:
        yield '{"type": "ping", '
        await asyncio.Future()

    async with served(api.doors.public) as port:
        url, token = f"ws://{HOST}:{port}{LIVE}", api.token("ann")
        async with connect(url, additional_headers=token, proxy=None) as socket:
            sending = asyncio.create_task(socket.send(parts()))
            assert all([said async for said in socket]), "until it is ended"
            assert socket.close_code == channel.GOING_AWAY
            sending.cancel()


def test_every_limit_is_attacked() -> None:
    at_a_server = {"connections of an API process", "the header of a request"}
    assert {row.what for row in table()} == IN_MEMORY.keys() | at_a_server

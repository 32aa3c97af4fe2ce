"""Webhooks: signed, sent once per try, and what became of each as the receiver counts it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook as Verifier
from standardwebhooks.webhooks import WebhookVerificationError

from application.effects.signing import secret_of
from application.ports.deliveries import Delivery, Outcome
from domain.effects.actions import Webhook
from domain.effects.ledger import MOST_AFTER_S
from infra.effects.outward import Outward
from infra.effects.posting import ANSWER_LIMIT_BYTES, seconds_until
from infra.effects.webhook import Webhooks
from tests.effects.given import RULE, SECRET, SOON_S, a_post, an_effect
from tests.effects.receivers import HERE, HttpReceiver, Way, answer, running


@pytest.fixture
async def receiver() -> AsyncIterator[HttpReceiver]:
    async with running(HttpReceiver()) as one:
        yield one


@pytest.fixture
async def webhooks() -> AsyncIterator[Webhooks]:
    adapter = Webhooks(a_post(), SECRET)
    yield adapter
    await adapter.close()


async def test_the_receiver_can_tell_who_sent_it_and_that_nobody_changed_it(
    receiver: HttpReceiver, webhooks: Webhooks
) -> None:
    effect = an_effect(Webhook(url=receiver.url))
    assert await webhooks.perform(effect) == Delivery("accepted", "answered 204")
    (request,) = receiver.requests
    assert (request.path, request.body) == ("/hook", effect.event)
    verifier = Verifier(secret_of(SECRET, RULE))
    assert verifier.verify(request.body, request.headers)["data"]["user_id"] == "ada"
    with pytest.raises(WebhookVerificationError):
        verifier.verify(request.body.replace(b"ada", b"eve"), request.headers)
    with pytest.raises(WebhookVerificationError):
        Verifier(secret_of(SECRET, "another")).verify(request.body, request.headers)


async def test_a_repetition_has_the_same_id_and_another_effect_has_not(
    receiver: HttpReceiver, webhooks: Webhooks
) -> None:
    for seq in (17, 17, 18):
        await webhooks.perform(an_effect(Webhook(url=receiver.url), seq))
    first, again, other = receiver.got
    assert first == again != other
    assert receiver.connections == 1, "which is kept"


@pytest.mark.parametrize(
    ("status", "outcome", "again"),
    [
        *((status, "accepted", False) for status in (200, 201, 202, 204)),
        *((status, "rejected", False) for status in (301, 302, 307, 308, 400, 401, 404, 410, 422)),
        *((status, "rejected", True) for status in (408, 425, 429, 500, 502, 503, 504)),
    ],
)
async def test_what_a_status_says(
    receiver: HttpReceiver, webhooks: Webhooks, status: int, outcome: Outcome, again: bool
) -> None:
    receiver.answers.append(answer(status, f"location: {receiver.url}", "retry-after: 9"))
    delivery = await webhooks.perform(an_effect(Webhook(url=receiver.url)))
    assert (delivery.outcome, delivery.again) == (outcome, again)
    assert len(receiver.got) == 1, "no redirect is followed, and nothing tried again by itself"


@pytest.mark.parametrize("status", [429, 503])
async def test_who_is_busy_says_for_how_long(
    receiver: HttpReceiver, webhooks: Webhooks, status: int
) -> None:
    receiver.answers += [answer(status, "retry-after: 70"), answer(422, "retry-after: 70")]
    busy, refused = [
        await webhooks.perform(an_effect(Webhook(url=receiver.url), seq)) for seq in (1, 2)
    ]
    assert (busy.again, busy.after_s) == (True, 70)
    assert (refused.again, refused.after_s) == (False, 0)


@pytest.mark.parametrize(
    ("after", "seconds"),
    [
        ("70", 70),
        ("0", 0),
        ("86401", MOST_AFTER_S),
        ("999999999", MOST_AFTER_S),
        ("Mon, 30 Nov 2026 12:01:10 GMT", 70),
        ("Monday, 30-Nov-26 12:01:10 GMT", 70),
        ("Mon, 30 Nov 2026 11:59:00 GMT", 0),
        ("Mon, 30 Nov 2099 12:00:00 GMT", MOST_AFTER_S),
        ("Mon, 99 Nov 2026 12:00:00 GMT", 0),
        ("-5", 0),
        ("1.5", 0),
        ("9" * 400, 0),
        ("\u0667\u0660", 0),
        ("soon", 0),
        ("", 0),
    ],
)
def test_until_when_somebody_is_left_alone(after: str, seconds: int) -> None:
    assert seconds_until(after, datetime(2026, 11, 30, 12, tzinfo=UTC)) == seconds


@pytest.mark.parametrize("way", ["silent", "late", "hang-up"])
async def test_who_took_it_and_did_not_say_so_makes_it_unknown(
    receiver: HttpReceiver, webhooks: Webhooks, way: Way
) -> None:
    receiver.next.append(way)
    effect = an_effect(Webhook(url=receiver.url))
    first = await webhooks.perform(effect)
    assert (first.outcome, first.again) == ("unknown", True)
    receiver.released.set()
    assert (await webhooks.perform(effect)).outcome == "accepted"
    assert len(receiver.got) == 2
    assert len(receiver.taken) == 1, "as the receiver knows by the id"


async def test_whoever_is_killed_has_not_got_it_and_gets_it_once_back(
    receiver: HttpReceiver, webhooks: Webhooks
) -> None:
    await receiver.kill()
    effect = an_effect(Webhook(url=receiver.url))
    assert await webhooks.perform(effect) == Delivery(
        "rejected", "nobody answers there", again=True
    )
    await receiver.start()
    assert (await webhooks.perform(effect)).outcome == "accepted"
    assert len(receiver.got) == 1


async def test_whoever_is_killed_between_two_gets_the_next_all_the_same(
    receiver: HttpReceiver, webhooks: Webhooks
) -> None:
    assert (await webhooks.perform(an_effect(Webhook(url=receiver.url), 1))).outcome == "accepted"
    await receiver.kill()
    await receiver.start()
    later = await webhooks.perform(an_effect(Webhook(url=receiver.url), 2))
    assert later.outcome in {"accepted", "unknown"}, "the kept connection may not be known as dead"
    assert (await webhooks.perform(an_effect(Webhook(url=receiver.url), 2))).outcome == "accepted"
    assert len(receiver.taken) == 2


async def test_an_endless_answer_is_not_read_to_its_end(webhooks: Webhooks) -> None:
    sent, cut_off = 0, asyncio.Event()

    async def never_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 said\r\ncontent-length: 10000000000\r\n\r\n")
        with suppress(ConnectionError):
            while True:
                writer.write(b"x" * ANSWER_LIMIT_BYTES)
                await writer.drain()
                sent += ANSWER_LIMIT_BYTES
        cut_off.set()

    server = await asyncio.start_server(never_end, HERE, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        delivery = await webhooks.perform(an_effect(Webhook(url=f"http://{HERE}:{port}/")))
        assert delivery.outcome == "accepted"
        await cut_off.wait()
    assert sent < 200 * ANSWER_LIMIT_BYTES, "what the buffers of two sockets hold"


async def test_what_never_left_this_machine_has_not_happened(receiver: HttpReceiver) -> None:
    async def slow(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    of_name = Webhooks(a_post(Outward(resolve=slow)), SECRET)
    unresolved = await of_name.perform(an_effect(Webhook(url="https://shop.example/")))
    assert (unresolved.outcome, unresolved.again) == ("rejected", True)
    await of_name.close()
    webhooks = Webhooks(a_post(seconds=10), SECRET)
    encrypted = receiver.url.replace("http:", "https:")
    no_tls = asyncio.create_task(webhooks.perform(an_effect(Webhook(url=encrypted))))
    await receiver.is_connected()
    await receiver.kill()
    assert ((await no_tls).outcome, (await no_tls).again) == ("rejected", True)
    await webhooks.close()


async def test_nothing_that_a_receiver_says_is_kept(
    receiver: HttpReceiver, webhooks: Webhooks
) -> None:
    receiver.answers += [answer(200, "set-cookie: a=b; Path=/"), answer(200)]
    for seq in (1, 2):
        await webhooks.perform(an_effect(Webhook(url=receiver.url), seq))
    assert [each.headers.get("cookie") for each in receiver.requests] == [None, None]


@pytest.mark.parametrize("said", [b"HTTP/9 what\r\n\r\n", b"\0" * 200 + b"\r\n\r\n"])
async def test_what_is_no_answer_makes_it_unknown(
    receiver: HttpReceiver, webhooks: Webhooks, said: bytes
) -> None:
    receiver.answers.append(said)
    delivery = await webhooks.perform(an_effect(Webhook(url=receiver.url)))
    assert (delivery.outcome, delivery.again) == ("unknown", True)


async def test_a_reason_names_neither_address_nor_secret(
    receiver: HttpReceiver, webhooks: Webhooks
) -> None:
    receiver.next += ["refuse", "busy", "silent", "hang-up"]
    url = f"{receiver.url}/a-word-that-opens"
    told = [await webhooks.perform(an_effect(Webhook(url=url), seq)) for seq in range(4)]
    await receiver.kill()
    told.append(await webhooks.perform(an_effect(Webhook(url=url))))
    assert all(each.reason for each in told)
    said = " ".join(each.reason for each in told)
    for secret in (HERE, str(receiver.port), "opens", secret_of(SECRET, RULE)):
        assert secret not in said


async def test_all_of_it_is_over_in_time(receiver: HttpReceiver, webhooks: Webhooks) -> None:
    receiver.way = "silent"
    delivery = await webhooks.perform(an_effect(Webhook(url=receiver.url)))
    assert delivery == Delivery("unknown", f"no answer within {SOON_S:g} s", again=True)

"""Text messages: signed requests to the gateway, which sends each once."""

from collections.abc import AsyncIterator

import pytest
from standardwebhooks import Webhook as Verifier

from application.effects.signing import SMS_GATEWAY, secret_of
from domain.effects.actions import TextMessage
from infra.effects.sms import TextMessages
from tests.effects.given import SECRET, a_post, an_effect
from tests.effects.receivers import SmsGateway, Way, answer, running

TO_ADA = TextMessage(to="+436601234567", text="You're in line!")


@pytest.fixture
async def gateway() -> AsyncIterator[SmsGateway]:
    async with running(SmsGateway()) as one:
        yield one


@pytest.fixture
async def messages(gateway: SmsGateway) -> AsyncIterator[TextMessages]:
    adapter = TextMessages(a_post(), gateway.url, SECRET)
    yield adapter
    await adapter.close()


async def test_the_gateway_is_told_number_and_text_and_who_asks(
    gateway: SmsGateway, messages: TextMessages
) -> None:
    assert (await messages.perform(an_effect(TO_ADA))).outcome == "accepted"
    assert gateway.sent == [("+436601234567", "You're in line!")]
    (request,) = gateway.requests
    told = Verifier(secret_of(SECRET, SMS_GATEWAY)).verify(request.body, request.headers)
    assert told["id"] == request.headers["idempotency-key"] == request.headers["webhook-id"]


@pytest.mark.parametrize("way", ["silent", "late", "hang-up", "busy"])
async def test_one_that_is_tried_again_is_sent_once(
    gateway: SmsGateway, messages: TextMessages, way: Way
) -> None:
    gateway.next.append(way)
    first = await messages.perform(an_effect(TO_ADA))
    assert first.outcome == ("rejected" if way == "busy" else "unknown")
    assert first.again
    gateway.released.set()
    assert (await messages.perform(an_effect(TO_ADA))).outcome == "accepted"
    assert (len(gateway.got), len(gateway.sent)) == (2, 1)


async def test_a_gateway_that_is_busy_says_for_how_long(
    gateway: SmsGateway, messages: TextMessages
) -> None:
    gateway.answers.append(answer(429, "retry-after: 70"))
    delivery = await messages.perform(an_effect(TO_ADA))
    assert (delivery.again, delivery.after_s) == (True, 70)


async def test_what_the_gateway_refuses_is_not_tried_again(
    gateway: SmsGateway, messages: TextMessages
) -> None:
    gateway.way = "refuse"
    delivery = await messages.perform(an_effect(TO_ADA))
    assert (delivery.outcome, delivery.again) == ("rejected", False)


@pytest.mark.parametrize(
    "number", ["06601234567", "+0436601234567", "+43 660 1234567", "+1", "+٤٣٦٦٠١٢٣٤٥٦٧", "ada"]
)
async def test_what_is_no_number_of_the_world_never_leaves(
    gateway: SmsGateway, messages: TextMessages, number: str
) -> None:
    delivery = await messages.perform(an_effect(TextMessage(to=number, text="Hello")))
    assert (delivery.outcome, delivery.again) == ("rejected", False)
    assert number not in delivery.reason
    assert not gateway.got


async def test_without_a_gateway_there_are_none() -> None:
    adapter = TextMessages(a_post(), None, SECRET)
    delivery = await adapter.perform(an_effect(TO_ADA))
    assert (delivery.outcome, delivery.again) == ("rejected", False)
    assert "GAMEHALL_SMS_URL" in delivery.reason
    await adapter.close()

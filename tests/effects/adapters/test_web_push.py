"""Web push: encrypted for each browser, signed by the hall, and forgotten where nobody is left."""

from collections.abc import AsyncIterator

import http_ece
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from application.ports.commands import Unavailable
from application.ports.push import Subscription
from domain.effects.actions import WebPush
from infra.effects.outward import Outward
from infra.effects.web_push import Signer, WebPushes, public_key
from tests.effects.given import a_post, an_effect
from tests.effects.receivers import Browser, PushService, Way, answer, running

KEY = ec.generate_private_key(ec.SECP256R1())
CONTACT = "mailto:hall@hall.example"
TO_ADA = WebPush(person="ada", title="You're in line!", text="Come in.", path="/queue/concert")


class Known:
    """Subscriptions in memory."""

    def __init__(self) -> None:
        self.of_ada: list[Subscription] = []
        self.away = False

    async def of(self, person: str) -> list[Subscription]:
        if self.away:
            raise Unavailable("The subscriptions cannot be read.")
        return [*self.of_ada] if person == "ada" else []

    async def forget(self, subscription: str) -> None:
        self.of_ada = [each for each in self.of_ada if each.id != subscription]


@pytest.fixture
async def service() -> AsyncIterator[PushService]:
    async with running(PushService(public_key(KEY))) as one:
        yield one


@pytest.fixture
def known() -> Known:
    return Known()


@pytest.fixture
async def pushes(known: Known) -> AsyncIterator[WebPushes]:
    adapter = WebPushes(a_post(), known, Signer(KEY, CONTACT))
    yield adapter
    await adapter.close()


async def test_each_browser_alone_can_read_it_and_the_service_knows_who_sends(
    service: PushService, known: Known, pushes: WebPushes
) -> None:
    phone, laptop = Browser("phone"), Browser("laptop")
    known.of_ada = [phone.at(service), laptop.at(service)]
    assert (await pushes.perform(an_effect(TO_ADA))).outcome == "accepted"
    by_path = {request.path: request for request in service.requests}
    for browser, other in ((phone, "/laptop"), (laptop, "/phone")):
        told = browser.read(by_path[f"/{browser.name}"])
        assert told.pop("id")
        assert told == {"title": "You're in line!", "text": "Come in.", "path": "/queue/concert"}
        with pytest.raises(http_ece.ECEException):
            browser.read(by_path[other])
    assert {service.signer_of(each) for each in service.requests} == {CONTACT}


async def test_another_s_signature_is_none(service: PushService, known: Known) -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    signer = Signer(other, CONTACT)
    signer._public = public_key(KEY)
    known.of_ada = [Browser("phone").at(service)]
    pushes = WebPushes(a_post(), known, signer)
    await pushes.perform(an_effect(TO_ADA))
    with pytest.raises(jwt.InvalidSignatureError):
        service.signer_of(service.requests[0])
    await pushes.close()


async def test_a_person_with_no_browser_is_told_of(pushes: WebPushes) -> None:
    delivery = await pushes.perform(an_effect(TO_ADA))
    assert (delivery.outcome, delivery.again) == ("rejected", False)


@pytest.mark.parametrize("status", [404, 410])
async def test_a_browser_that_is_gone_is_forgotten(
    service: PushService, known: Known, pushes: WebPushes, status: int
) -> None:
    known.of_ada = [Browser("gone").at(service), Browser("phone").at(service)]
    service.answers += [answer(status), answer(201)]
    assert (await pushes.perform(an_effect(TO_ADA))).outcome == "accepted"
    assert len(known.of_ada) == 1
    known.of_ada = [Browser("gone").at(service)]
    service.answers.append(answer(status))
    delivery = await pushes.perform(an_effect(TO_ADA, 18))
    assert (delivery.outcome, delivery.again, known.of_ada) == ("rejected", False, [])


async def test_who_was_reached_is_not_pushed_to_again(
    service: PushService, known: Known, pushes: WebPushes
) -> None:
    known.of_ada = [Browser("phone").at(service), Browser("laptop").at(service)]
    service.answers += [answer(201), answer(429, "retry-after: 5")]
    first = await pushes.perform(an_effect(TO_ADA))
    assert (first.outcome, first.again, first.after_s) == ("rejected", True, 5)
    assert (await pushes.perform(an_effect(TO_ADA))).outcome == "accepted"
    paths = [request.path for request in service.requests]
    assert len(paths) == 3
    assert paths[2] in paths[:2]
    assert len(service.taken) == 1, "and takes the place of the first, wherever it is repeated"


@pytest.mark.parametrize("way", ["silent", "late", "hang-up"])
async def test_a_service_that_does_not_answer_makes_it_unknown(
    service: PushService, known: Known, pushes: WebPushes, way: Way
) -> None:
    known.of_ada = [Browser("phone").at(service), Browser("laptop").at(service)]
    service.next.append(way)
    assert (await pushes.perform(an_effect(TO_ADA))).outcome == "unknown"


async def test_where_one_is_refused_for_good_the_others_count(
    service: PushService, known: Known, pushes: WebPushes
) -> None:
    good, bad = Browser("phone").at(service), Browser("broken").at(service)
    known.of_ada = [good, Subscription(id="x", endpoint=bad.endpoint, p256dh=b"\x04x", auth=b"s")]
    delivery = await pushes.perform(an_effect(TO_ADA))
    assert delivery.outcome == "accepted"
    assert "1 more" in delivery.reason
    assert len(service.got) == 1


async def test_a_browser_names_no_address_of_ours(service: PushService, known: Known) -> None:
    pushes = WebPushes(a_post(Outward()), known, Signer(KEY, CONTACT))
    known.of_ada = [Browser("eve").at(service)]
    delivery = await pushes.perform(an_effect(TO_ADA))
    assert (delivery.outcome, delivery.again) == ("rejected", False)
    assert not service.connections
    await pushes.close()


async def test_a_message_that_no_service_takes_never_leaves(
    service: PushService, known: Known, pushes: WebPushes
) -> None:
    known.of_ada = [Browser("phone").at(service)]
    long = WebPush(person="ada", title="x", text="ü" * 2_000)
    delivery = await pushes.perform(an_effect(long))
    assert (delivery.outcome, delivery.again) == ("rejected", False)
    assert not service.got


async def test_where_subscriptions_cannot_be_read_it_is_tried_again(
    known: Known, pushes: WebPushes
) -> None:
    known.away = True
    delivery = await pushes.perform(an_effect(TO_ADA))
    assert (delivery.outcome, delivery.again) == ("rejected", True)

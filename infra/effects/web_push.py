"""A push message to browsers: encrypted for each (RFC 8291), signed as the hall's (RFC 8292)."""

import asyncio
import time
from base64 import urlsafe_b64encode
from collections import OrderedDict
from collections.abc import Iterable
from hashlib import sha256
from urllib.parse import urlsplit

import http_ece
import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from application.effects.ports import Effect
from application.effects.signing import message_id
from application.ports.commands import Unavailable
from application.ports.deliveries import Delivery
from application.ports.push import Browsers, Subscription
from domain.effects.actions import WebPush
from infra.effects.posting import Post

KEPT_S = 86_400
"""For which a push service keeps a message for a browser that is not there."""

SIGNED_FOR_S = 12 * 3_600
"""A signature is good for so long; a day is the most that push services take (RFC 8292)."""

MOST_BYTES = 3_993
"""Of a message; push services take 4,096 bytes of what is made of it (RFC 8291, section 4)."""

MOST_REMEMBERED = 1_000
"""Effects of which it is remembered who has been pushed to."""

GONE = frozenset({404, 410})
"""What a push service says of a browser that does not want to hear any more."""


class _Message(msgspec.Struct):
    """What a browser's worker shows; one with the same `id` takes the place of the former."""

    id: str
    title: str
    text: str
    path: str


class Signer:
    """Says who pushes; `contact` is an address, by `mailto:` or `https:`, of who runs the hall."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, contact: str) -> None:
        self._key = key
        self._contact = contact
        self._public = public_key(key)
        self._made: dict[str, tuple[str, float]] = {}

    def header(self, endpoint: str) -> str:
        """The header `Authorization` for the service of an endpoint."""
        parts = urlsplit(endpoint)
        service, now = f"{parts.scheme}://{parts.netloc}", time.time()
        token, good_until = self._made.get(service, ("", 0.0))
        if good_until < now + SIGNED_FOR_S / 2:
            good_until = now + SIGNED_FOR_S
            claims = {"aud": service, "exp": int(good_until), "sub": self._contact}
            token = jwt.encode(claims, self._key, algorithm="ES256")
            self._made = {**dict(list(self._made.items())[-100:]), service: (token, good_until)}
        return f"vapid t={token}, k={self._public}"


def public_key(key: ec.EllipticCurvePrivateKey) -> str:
    """What browsers are told, so that nobody else can push to them (`applicationServerKey`)."""
    point = key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()


class WebPushes:
    """Implements `effects.ports.Adapter` for `WebPush`.

    Guarantee: the push service of each browser has taken the message, at least once where it is
    tried again; a repetition takes the place of the first, at the service (`Topic`) and on the
    screen (`id`), and who has been pushed to is not again as long as this process lives. A browser
    that its service does not know any more is forgotten. Accepted is what every service that knows
    the browser has taken; unknown is what was sent to one and not answered in time.
    """

    def __init__(self, post: Post, subscriptions: Browsers, signer: Signer) -> None:
        self._post = post
        self._subscriptions = subscriptions
        self._signer = signer
        self._reached: OrderedDict[str, set[str]] = OrderedDict()

    async def perform(self, effect: Effect) -> Delivery:
        """See the port."""
        action = effect.action
        assert isinstance(action, WebPush)
        id = message_id(effect.id)
        message = msgspec.json.encode(_Message(id, action.title, action.text, action.path))
        if len(message) > MOST_BYTES:
            return Delivery("rejected", f"the message has more than {MOST_BYTES} bytes")
        try:
            browsers = await self._subscriptions.of(action.person)
        except Unavailable as error:
            return Delivery("rejected", str(error), again=True)
        reached = self._reached_by(effect.id)
        left = [each for each in browsers if each.id not in reached]
        told = await asyncio.gather(*(self._push(each, id, message) for each in left))
        for each, delivery in zip(left, told, strict=True):
            if delivery is not None and delivery.outcome == "accepted":
                reached.add(each.id)
        return _together(len(reached), [each for each in told if each is not None])

    async def close(self) -> None:
        """See the port."""
        await self._post.close()

    async def _push(self, browser: Subscription, id: str, message: bytes) -> Delivery | None:
        """Push to one; None where it is not there any more, and forgotten."""
        headers = {
            "authorization": self._signer.header(browser.endpoint),
            "content-encoding": "aes128gcm",
            "content-type": "application/octet-stream",
            "ttl": str(KEPT_S),
            "topic": sha256(id.encode()).hexdigest()[:32],
        }
        body = encrypted(browser, message)
        if body is None:
            return Delivery("rejected", "the browser's key is none")
        posted = await self._post.post(browser.endpoint, body, headers)
        if posted.status not in GONE:
            return posted.delivery
        try:
            await self._subscriptions.forget(browser.id)
        except Unavailable:
            return posted.delivery  # it is asked, and forgotten, with the next message
        return None

    def _reached_by(self, effect_id: str) -> set[str]:
        reached = self._reached.setdefault(effect_id, set())
        while len(self._reached) > MOST_REMEMBERED:
            self._reached.popitem(last=False)
        return reached


def encrypted(browser: Subscription, message: bytes) -> bytes | None:
    """A message that this browser alone can read; None where its key is no point of the curve."""
    try:
        body: bytes = http_ece.encrypt(
            message,
            private_key=ec.generate_private_key(ec.SECP256R1()),
            dh=browser.p256dh,
            auth_secret=browser.auth,
            version="aes128gcm",
        )
    except (ValueError, http_ece.ECEException):
        return None
    return body


def _together(reached: int, told: Iterable[Delivery]) -> Delivery:
    """What became of a message to all, by the worst of what became of it at each."""
    failed = [each for each in told if each.outcome != "accepted"]
    if not (failed or reached):
        return Delivery("rejected", "the person has no browser that asked to be told")
    if not failed:
        return Delivery("accepted", f"{reached} browsers")
    worst = min(failed, key=lambda each: (each.outcome != "unknown", not each.again))
    worst = worst._replace(after_s=max(each.after_s for each in failed))
    if worst.outcome == "rejected" and reached and not worst.again:
        return Delivery("accepted", f"{reached} browsers, not {len(failed)} more: {worst.reason}")
    return worst

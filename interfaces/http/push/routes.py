"""Where somebody is pushed to: what browsers are told, and what they tell."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated
from urllib.parse import urlsplit

import msgspec
from cryptography.hazmat.primitives.asymmetric import ec
from litestar import Router, delete
from litestar.params import JSONBody

from application.ports.push import OwnBrowsers, Subscription
from domain.refusals import Refusal
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.freshness import found
from interfaces.http.platform.parameters import PathKey
from interfaces.http.platform.problems import documented
from interfaces.http.platform.routes import of_whole_addresses, order, query
from interfaces.http.platform.services import services_of

SECRET_BYTES = 16
"""Of what a browser and who pushes to it share (RFC 8291, section 3.2)."""


class BrowserKeyMalformed(Refusal, type="browser-key-malformed", status=422):
    """What a browser has told of itself cannot be pushed to."""


class EndpointMalformed(Refusal, type="endpoint-malformed", status=422):
    """Where a browser says that it is pushed to is no address."""


@dataclass(frozen=True)
class Push:
    """Where people are pushed to, and the key that browsers are to believe (`public_key`)."""

    subscriptions: OwnBrowsers
    public_key: str


class BrowserKeys(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser alone reads: its key of the curve P-256, and a secret, in base64url."""

    p256dh: Annotated[str, msgspec.Meta(min_length=86, max_length=90)]
    auth: Annotated[str, msgspec.Meta(min_length=22, max_length=24)]


class NewSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """What a browser says of its subscription, as `PushSubscription.toJSON()` has it."""

    endpoint: Annotated[
        str, msgspec.Meta(min_length=8, max_length=2_000, pattern=r"^https?://[!-~]+$(?!\n)")
    ]
    keys: BrowserKeys


class PushSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """A browser that is pushed to."""

    id: Annotated[str, msgspec.Meta(examples=["2f1c0d6f5a3f4c1f9a55b6a0f7f5c7d2"])]
    made_at: datetime


class PushSubscriptions(msgspec.Struct, frozen=True, kw_only=True):
    """Everywhere that somebody is pushed to, the newest first.

    `public_key` is what a browser is given as `applicationServerKey` when it subscribes.
    """

    public_key: str
    subscriptions: list[PushSubscription]


class RemovedSubscription(msgspec.Struct, frozen=True, kw_only=True):
    """The browser that is pushed to no more."""

    id: str


@query("/", "listMyPushSubscriptions", "Where I am pushed to", 403)
async def list_my_push_subscriptions(request: Request) -> PushSubscriptions:
    """List the browsers that the token's subject is pushed to, and the key for one more."""
    push = services_of(request).part(Push)
    known = await push.subscriptions.known(request.user.user_id)
    subscriptions = [PushSubscription(id=each.id, made_at=each.made_at) for each in known]
    return PushSubscriptions(public_key=push.public_key, subscriptions=subscriptions)


@order("/", "addMyPushSubscription", "Push to a browser", 403, 413, 415, 422, status=201)
async def add_my_push_subscription(
    request: Request, data: JSONBody[NewSubscription]
) -> PushSubscription:
    """Push to a browser from now on; 20 of one person at most, of which the oldest goes.

    A browser that was somebody else's is so no longer.
    """
    push, person = services_of(request).part(Push), request.user.user_id
    added = await push.subscriptions.add(person, _told(data))
    return PushSubscription(id=added.id, made_at=added.made_at)


@delete(
    "/{subscription_id:str}",
    status_code=200,
    operation_id="removeMyPushSubscription",
    summary="Push there no more",
    responses=documented(400, 403, 404),
)
async def remove_my_push_subscription(
    request: Request, subscription_id: PathKey
) -> RemovedSubscription:
    """Push to a browser no more."""
    subscriptions = services_of(request).part(Push).subscriptions
    removed = await subscriptions.remove(request.user.user_id, subscription_id)
    found(
        removed or None,
        "push-subscription-not-found",
        f"No browser of yours is {subscription_id!r}.",
    )
    return RemovedSubscription(id=subscription_id)


def id_of(endpoint: str) -> str:
    """What a browser is called here; its endpoint is a word that opens, and is not shown."""
    return sha256(endpoint.encode()).hexdigest()[:32]


def _told(data: NewSubscription) -> Subscription:
    """What a browser has said; raises `EndpointMalformed` and `BrowserKeyMalformed`."""
    _require_host(data.endpoint)
    key, secret = _decoded(data.keys.p256dh), _decoded(data.keys.auth)
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), key)
    except ValueError:
        raise BrowserKeyMalformed(
            "`keys.p256dh` is no point of the curve P-256; take it from"
            " `PushSubscription.toJSON()`."
        ) from None
    if len(secret) != SECRET_BYTES:
        raise BrowserKeyMalformed(
            f"`keys.auth` has {len(secret)} bytes, and not {SECRET_BYTES}; take it from"
            " `PushSubscription.toJSON()`."
        )
    return Subscription(id=id_of(data.endpoint), endpoint=data.endpoint, p256dh=key, auth=secret)


def _require_host(endpoint: str) -> None:
    try:
        host = urlsplit(endpoint).hostname
    except ValueError:
        host = None
    if not host:
        raise EndpointMalformed(
            "`endpoint` names no host; take it from `PushSubscription.toJSON()`."
        )


def _decoded(text: str) -> bytes:
    """What a text in base64url stands for; nothing where it is none, or not written in one way."""
    raw = text.rstrip("=")
    try:
        decoded = urlsafe_b64decode(raw + "=" * (-len(raw) % 4))
    except ValueError:  # such as so many characters as no bytes have
        return b""
    return decoded if urlsafe_b64encode(decoded).rstrip(b"=").decode() == raw else b""


router = of_whole_addresses(
    Router(
        path="/api/v1/me/push-subscriptions",
        route_handlers=[
            *(list_my_push_subscriptions, add_my_push_subscription, remove_my_push_subscription),
        ],
        guards=[only("player")],
    )
)

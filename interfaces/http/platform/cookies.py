"""Cookies: how a browser says who is signed in there, and nobody else's page says it for them."""

import asyncio
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from weakref import WeakValueDictionary

import structlog

from application.ports.sign_ins import Endings, OfPeople, SeenSignIn, SignIn, SignIns, Way
from interfaces.http.platform.problems import Problem, forbidden
from interfaces.tokens import Identity, Tokens

LOOK_AGAIN_S = 30.0
"""For how long a sign-in is known without another look, and that there is none: so long one that
was ended in another process is still good in this one, where nobody has told it."""

MOST_KNOWN = 10_000
"""Cookies that a process knows without a look."""

LIFETIMES: Mapping[Way, timedelta] = {
    "guest": timedelta(days=7),
    "link": timedelta(hours=12),
    "provider": timedelta(days=7),
    "passkey": timedelta(days=30),
    "mail": timedelta(days=7),
}
"""After which one signs in anew; counted from the beginning, whatever is done meanwhile."""

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing, which other pages may lead a browser to."""

Headers = Mapping[bytes, bytes]

logger = structlog.get_logger(__name__)


class Cookies:
    """Signs browsers in and out, and tells who is signed in at one.

    A cookie is random, signed, and kept nowhere: the store has a digest of it. Without a signature
    of ours it is nobody's, and the store is not even asked.
    """

    def __init__(
        self,
        tokens: Tokens,
        sign_ins: SignIns,
        *,
        secure: bool,
        endings: Endings | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`secure` is for a hall that browsers reach by https alone."""
        self._tokens = tokens
        self._sign_ins = sign_ins
        self._endings = endings
        self._clock = clock
        # The prefix keeps pages of other hosts of the same domain from setting it.
        self.name = "__Host-gamehall" if secure else "gamehall"
        self.aside_name = f"{self.name}-aside"
        self.secure = secure
        self._attributes = f"Path=/; HttpOnly; SameSite=Lax{'; Secure' if secure else ''}"
        self._known: OrderedDict[bytes, tuple[SignIn | None, float]] = OrderedDict()
        # Each is there for as long as somebody waits for it.
        self._awaited: WeakValueDictionary[bytes, asyncio.Event] = WeakValueDictionary()

    async def begin(
        self,
        user_id: str,
        name: str,
        scope: OfPeople,
        way: Way,
        once: str | None = None,
        device: str = "",
    ) -> tuple[SignIn, str] | None:
        """Sign somebody in; with it the `Set-Cookie` that tells their browser, always a new one.

        None where somebody has signed in with this `once` before.
        """
        secret = secrets.token_urlsafe(32)
        value = f"{secret}.{self._signature(secret)}"
        lifetime = LIFETIMES[way]
        now = datetime.fromtimestamp(self._clock(), UTC)
        sign_in = SignIn(
            id=secrets.token_urlsafe(12),
            user_id=user_id,
            name=name,
            scope=scope,
            way=way,
            device=device,
            began_at=now,
            expires_at=now + lifetime,
        )
        if not await self._sign_ins.begin(_digest(value), sign_in, once):
            return None
        return sign_in, self._set(value, int(lifetime.total_seconds()))

    async def sign_in(self, headers: Headers) -> SignIn | None:
        """Who is signed in at the browser that sent these headers; raises as the store does."""
        digest = self._digest_in(headers)
        return None if digest is None else await self._good(digest)

    async def holder(self, headers: Headers) -> Identity | None:
        """The same, as whoever shows a token."""
        digest = self._digest_in(headers)
        if digest is None or (sign_in := await self._good(digest)) is None:
            return None
        expires = int(sign_in.expires_at.timestamp())
        return Identity(sign_in.user_id, sign_in.scope, 0, expires, sign_in=digest.hex())

    async def until_ended(self, sign_in: str, look_s: float) -> None:
        """Wait until the sign-in of this digest, in hex, has ended.

        At once where this process is told of it; otherwise at a look, of which there is one now and
        another every `look_s` seconds. One that cannot be looked up goes on.
        """
        digest = bytes.fromhex(sign_in)
        ended = self._awaited.setdefault(digest, asyncio.Event())
        while not ended.is_set() and await self._goes_on(digest):
            with suppress(TimeoutError):
                async with asyncio.timeout(look_s):
                    await ended.wait()

    async def end(self, headers: Headers) -> str:
        """Sign a browser out, at once in this process: the `Set-Cookie` that does it."""
        if (digest := self._digest_in(headers)) is not None:
            await self._sign_ins.end(digest)
            await self._over([digest])
        return self._set("", 0)

    async def of_user(self, user_id: str, scope: OfPeople) -> list[SeenSignIn]:
        """Where somebody is signed in; raises as the store does."""
        return await self._sign_ins.of_user(user_id, scope)

    async def end_of(
        self, user_id: str, scope: OfPeople, *, only: str | None = None, but: str | None = None
    ) -> int:
        """Sign somebody out everywhere, or where `only` says, or everywhere `but` there.

        How many sign-ins have ended: at once here, and in other processes when they hear of it.
        """
        ended = await self._sign_ins.end_of(user_id, scope, only=only, but=but)
        await self._over(ended)
        return len(ended)

    def aside(self, value: str, seconds: int, of: str = "") -> str:
        """The `Set-Cookie` of something that a browser keeps for us on its way to a sign-in.

        One `of` something else does not take its place.
        """
        return f"{self.aside_name_of(of)}={value}; Max-Age={seconds}; {self._attributes}"

    def aside_name_of(self, of: str) -> str:
        """What the cookie of such a thing is called."""
        return f"{self.aside_name}-{of}" if of else self.aside_name

    def forget(self, digests: Iterable[bytes]) -> None:
        """These have ended, wherever that was."""
        now = self._clock()
        for digest in digests:
            self._remember(digest, None, now)
            if (ended := self._awaited.get(digest)) is not None:
                ended.set()

    async def _over(self, digests: list[bytes]) -> None:
        self.forget(digests)
        if digests and self._endings is not None:
            await self._endings.tell(digests)

    async def _good(self, digest: bytes) -> SignIn | None:
        known, look_at = self._known.get(digest, (None, 0.0))
        now = self._clock()
        if now >= look_at:
            known = await self._look(digest, now)
        return known if known is not None and now < known.expires_at.timestamp() else None

    async def _goes_on(self, digest: bytes) -> bool:
        try:
            return await self._good(digest) is not None
        except Exception as error:  # noqa: BLE001 - whoever knows is away, and is asked again
            logger.warning("cannot look a sign-in up", error=repr(error))
            return True

    async def _look(self, digest: bytes, now: float) -> SignIn | None:
        found = await self._sign_ins.find(digest)
        known, look_at = self._known.get(digest, (None, 0.0))
        if known is None and now < look_at:
            return None  # it was ended while we looked
        self._remember(digest, found, now)
        return found

    def _remember(self, digest: bytes, found: SignIn | None, now: float) -> None:
        self._known.pop(digest, None)
        if len(self._known) >= MOST_KNOWN:
            self._known.popitem(last=False)  # looked at before all others
        self._known[digest] = found, now + LOOK_AGAIN_S

    def _digest_in(self, headers: Headers) -> bytes | None:
        value = cookie_in(headers, self.name) or ""
        secret, _, signature = value.partition(".")
        ours = secrets.compare_digest(self._signature(secret).encode(), signature.encode())
        return _digest(value) if ours else None

    def _signature(self, secret: str) -> str:
        return self._tokens.fingerprint(b"cookie\n" + secret.encode())

    def _set(self, value: str, max_age_s: int) -> str:
        return f"{self.name}={value}; Max-Age={max_age_s}; {self._attributes}"


def cookie_in(headers: Headers, name: str) -> str | None:
    """The value of a cookie, as a browser sends it."""
    for pair in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        key, _, value = pair.strip().partition("=")
        if key == name:
            return value
    return None


def is_same_origin(headers: Headers) -> bool:
    """Whether a page of this very address asks, as its browser says.

    `Sec-Fetch-Site` says it where there is https, or the address is this machine's; elsewhere
    `Origin` does. Who sends neither is no browser that shows a page of ours.
    """
    site = headers.get(b"sec-fetch-site")
    if site is not None:
        return site == b"same-origin"
    return is_origin_of_host(headers)


def is_origin_of_host(headers: Headers) -> bool:
    """Whether `Origin` is the address that was asked, which it is for sockets of our pages."""
    origin = headers.get(b"origin", b"").partition(b"://")[2]
    return origin != b"" and origin == headers.get(b"host")


def require_same_origin(headers: Headers) -> None:
    """Refuse what a page of another address has a browser send; raises `Problem` 403."""
    if not is_same_origin(headers):
        raise another_origin()


def another_origin() -> Problem:
    """A browser is signed in, and somebody else's page asks."""
    return forbidden(
        "another-origin",
        "A request that rests on a cookie comes from a page of this address: with Sec-Fetch-Site: "
        "same-origin, or an Origin that is the Host. Programs show a token instead.",
    )


def _digest(value: str) -> bytes:
    return blake2b(value.encode(), digest_size=32).digest()

"""The door of the service: nothing unnamed comes in, and everything goes out with its headers."""

import time
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple
from urllib.parse import parse_qs

from litestar import Litestar
from litestar.enums import ScopeType
from litestar.types import LifeSpanScope, Message, Receive, Scope, Send

from interfaces.http.platform import metrics
from interfaces.http.platform.auth import bearer, heard, open_handlers
from interfaces.http.platform.bodies import Arriving, SlowBodies
from interfaces.http.platform.cookies import SAFE, is_origin_of_host, require_same_origin
from interfaces.http.platform.errors import problem_of
from interfaces.http.platform.pages import HALL, Page, Site, show_nowhere, wants_page
from interfaces.http.platform.problems import Problem, bad_request
from interfaces.http.platform.responses import (
    ASGIFunction,
    Header,
    only_head,
    respond,
    respond_with,
)
from interfaces.http.platform.services import Services
from interfaces.tokens import Identity

Headers = list[Header]

SECURE: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
]
FOR_API: Headers = [
    *SECURE,
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cache-control", b"no-store"),
]
SAID_OTHERWISE = {b"cache-control", b"content-security-policy", b"referrer-policy", b"vary"}
"""What some answers say in their own way."""

CORS_ANSWER: Headers = [
    (b"access-control-allow-methods", b"GET, POST, PUT"),
    (
        b"access-control-allow-headers",
        b"authorization, content-encoding, content-type, idempotency-key, last-event-id, "
        b"read-after, traceparent, tracestate, baggage, x-correlation-id",
    ),
    (b"access-control-max-age", b"600"),
]
CORS_EXPOSE = (
    b"access-control-expose-headers",
    b"position, retry-after, ratelimit-limit, ratelimit-remaining, ratelimit-reset",
)


def require_one(name: bytes, headers: Iterable[tuple[bytes, bytes]]) -> None:
    """Refuse a header that stands there twice: who is in front may have read the other one."""
    if sum(each == name for each, _ in headers) > 1:
        raise bad_request("invalid-request", f"The header {name.decode()} stands there twice.")


def completed(own: Iterable[Header], always: Headers) -> Headers:
    """The headers of an answer, with those of all answers that it has not said otherwise."""
    headers = list(own)
    said = {name for name, _ in headers}
    if not said.isdisjoint(SAID_OTHERWISE):
        always = [header for header in always if header[0] not in said]
    headers += always
    return headers


def is_canonical(path: str) -> bool:
    """Whether an address is written in the one way that it has.

    Litestar would take others too, with which bounds that a proxy, an open address or a token's
    scope has for a path could be walked around.
    """
    return path == "/" or not (path.endswith("/") or "//" in path)


class Named(NamedTuple):
    """A function whose address ends with a name, which is `above` and a parameter."""

    above: str
    parameter: str
    template: str
    function: ASGIFunction


def _named(entry: tuple[str, ASGIFunction]) -> Named | None:
    path, function = entry
    above, brace, rest = path.partition("/{")
    if not brace:
        return None
    parameter = rest.rstrip("}").partition(":")[0]
    return Named(above, parameter, f"{above}/{{{parameter}}}", function)


class Edge:
    """The application as the server sees it: Litestar, behind authentication.

    A layer around the application and not Litestar middleware, which would wrap every route in
    another exception handler, and would not see addresses that lead nowhere. The functions that
    are asked most it calls itself: to be found by Litestar took longer than their work (measured:
    53 of 83 µs). Where an address ends with a name, as in `/…/{name:str}`, its function finds that
    in the scope's `path_params`.

    `streams` are functions whose answers may take hours: they count as requests in progress, of
    which an address has only so many, until it is known who asks.
    `for_peers` are functions that take no token but those of other processes of the API.
    """

    def __init__(
        self,
        app: Litestar,
        services: Services,
        functions: Mapping[str, ASGIFunction],
        site: Site,
        streams: Mapping[str, ASGIFunction] = MappingProxyType({}),
        for_peers: Mapping[str, ASGIFunction] = MappingProxyType({}),
    ) -> None:
        self.app = app
        self._streams = streams
        self._functions = {**functions, **for_peers}
        self._named = {each.above: each for each in map(_named, functions.items()) if each}
        self._for_peers = frozenset(for_peers)
        self._site = site
        self._open = frozenset(open_handlers(app))
        # Where the name of something follows, a test sees to it that all of it is open.
        self._open_below = tuple(path.partition("{")[0] for path in self._open if "{" in path)
        self._tokens, self._peer_tokens = services.tokens, services.peer_tokens
        self._tickets, self._cookies = services.tickets, services.cookies
        self._addresses = services.addresses
        self._slow = SlowBodies()
        self._origins = {origin.encode() for origin in services.allowed_origins}

    async def __call__(self, scope: Scope | LifeSpanScope, receive: Any, send: Any) -> None:
        """Serve a connection."""
        if scope["type"] == ScopeType.HTTP:
            await self._request(scope, receive, send)
        elif scope["type"] == ScopeType.WEBSOCKET:
            await self._socket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    async def _request(self, scope: Any, receive: Receive, send: Send) -> None:
        started, status = time.perf_counter(), 0
        path, method, headers = scope["path"], scope["method"], dict(scope["headers"])
        page = self._site.page_at(path)
        always = self._headers(page, headers)
        body = Arriving(receive, headers, self._slow)
        receive = body.receive

        async def answer(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                if not body.has_ended:
                    await body.discard()  # or the connection ends before the answer is read
                message["headers"] = completed(message["headers"], always)
            await send(message)

        if method == "HEAD":  # as GET, up to the body
            scope["method"] = "GET"
            receive, send = only_head(send)
        try:
            await self._serve(scope, page, headers, receive, answer)
        except Exception as error:
            if status:  # half an answer is there already
                raise
            # Its frames hold the body, and this frame too: only a garbage collection would end it.
            problem = problem_of(error).with_traceback(None)
            if wants_page(scope, problem):
                always = self._headers(HALL, headers)
                await show_nowhere(answer)
            else:
                await respond_with(problem, path, answer)
        route = scope.get("path_template") or "none"
        metrics.requests(method, route, status).observe(time.perf_counter() - started)

    async def _serve(
        self,
        scope: Any,
        page: Page | None,
        headers: Mapping[bytes, bytes],
        receive: Receive,
        send: Send,
    ) -> None:
        """Show a page, call a function that is asked much, or leave it to Litestar to find who."""
        path = scope["path"]
        if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
            await respond(send, 204, CORS_ANSWER)
        elif page is not None:
            await self._site.serve(scope, send)
        else:
            if len(headers) < len(scope["headers"]):
                require_one(b"authorization", scope["headers"])
            address = scope["client"][0]
            self._addresses.enter(address)  # before a cookie is looked up, which takes a while
            try:
                if b"cookie" in headers and b"authorization" not in headers:
                    scope["user"] = await self._of_browser(scope, headers)
                else:
                    scope["user"] = self._identify(path, headers)
                if path not in self._streams:
                    await self._call(scope, path, receive, send)
            finally:
                self._addresses.leave(address)
            if path in self._streams:
                await self._call(scope, path, receive, send)

    async def _call(self, scope: Any, path: str, receive: Receive, send: Send) -> None:
        function = (
            self._functions.get(path)
            or self._streams.get(path)
            or self._named_function(scope, path)
        )
        if function is not None:
            scope["litestar_app"] = self.app
            scope.setdefault("path_template", path)
            await function(scope, receive, send)
        elif is_canonical(path):
            await self.app(scope, receive, send)
        else:
            raise Problem(
                404,
                "not-found",
                "There is nothing at this address; it ends with a slash, or has two in a row.",
            )

    def _named_function(self, scope: Any, path: str) -> ASGIFunction | None:
        """The function of an address that ends with a name."""
        above, _, name = path.rpartition("/")
        named = self._named.get(above)
        if named is None or not name:
            return None
        scope["path_template"] = named.template
        scope["path_params"] = {named.parameter: name}
        return named.function

    async def _socket(self, scope: Any, receive: Receive, send: Send) -> None:
        """Let a socket in, or refuse its handshake."""
        headers = dict(scope["headers"])
        origin = headers.get(b"origin")
        identity = await self._socket_identity(scope, headers)
        is_foreign = not (origin is None or origin in self._origins or is_origin_of_host(headers))
        if identity is None or is_foreign or not is_canonical(scope["path"]):
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "not authorized"})
            return
        scope["user"] = identity
        await self.app(scope, receive, send)

    def _is_open(self, path: str) -> bool:
        return path in self._open or path.startswith(self._open_below)

    def _identify(self, path: str, headers: Mapping[bytes, bytes]) -> Identity | None:
        """Who asks; everything that is not declared open wants a token, even what is not there."""
        if self._is_open(path):
            return None
        if path in self._for_peers:
            return bearer(self._peer_tokens, headers.get(b"authorization"))
        return heard(bearer(self._tokens, headers.get(b"authorization")), path)

    async def _of_browser(self, scope: Any, headers: Mapping[bytes, bytes]) -> Identity | None:
        """Who asks without a token; what changes something has to come from a page of ours."""
        path = scope["path"]
        if self._is_open(path) or path in self._for_peers:
            return self._identify(path, headers)
        identity = await self._cookies.holder(headers)
        if identity is None:
            return self._identify(path, headers)
        if scope["method"] not in SAFE:
            require_same_origin(headers)
        return identity

    async def _socket_identity(self, scope: Any, headers: Mapping[bytes, bytes]) -> Identity | None:
        ticket = parse_qs(scope["query_string"]).get(b"ticket")
        if ticket is not None:
            return await self._tickets.redeem(ticket[0].decode("latin-1"), scope["path"])
        try:
            if b"authorization" not in headers and is_origin_of_host(headers):
                return await self._of_page(scope, headers)
            identity = bearer(self._tokens, headers.get(b"authorization"))
            return heard(identity, scope["path"])
        except Exception as error:  # noqa: BLE001 - a handshake has no answer that says why
            problem_of(error)
            return None

    async def _of_page(self, scope: Any, headers: Mapping[bytes, bytes]) -> Identity | None:
        """Who opens a socket by a cookie, which an address has only so many looked up at a time."""
        address = scope["client"][0]
        self._addresses.enter(address)
        try:
            return await self._cookies.holder(headers)
        finally:
            self._addresses.leave(address)

    def _headers(self, page: Page | None, headers: Mapping[bytes, bytes]) -> Headers:
        always = FOR_API if page is None else [*SECURE, (b"content-security-policy", page.policy)]
        origin = headers.get(b"origin")
        if origin is None:
            return always
        allowed = [(b"access-control-allow-origin", origin), CORS_EXPOSE]
        return [*always, (b"vary", b"origin"), *(allowed if origin in self._origins else ())]

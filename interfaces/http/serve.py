"""The API as a process: one event loop, one server in it, no children that could be orphaned."""

import asyncio
import resource
import signal
from typing import Any

import structlog
import uvloop
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server
from litestar.types import ASGIApp

from interfaces import logs
from interfaces.bootstrap.api import api
from interfaces.garbage import collect_garbage_rarely
from interfaces.http.app import create_app
from interfaces.http.platform.metrics import Pauses
from interfaces.settings import Settings

LISTEN_BACKLOG = 2_048
"""Connections that may wait to be accepted; a whole city arrives in the same second."""

MOST_CONNECTIONS = 50_000
"""Accepted at a time, or as many as the limit of descriptors allows beside those of our own."""

OWN_DESCRIPTORS = 512
"""For Kafka, PostgreSQL, Redis, files and other processes of the API."""

HEADER_TIMEOUT_MS = 6_000
"""How long a connection may be silent before its request's header is there; the server counts from
the last answer on. A little longer than the five seconds after which common clients give up an idle
connection by themselves: to end it at the same moment lost requests that were just being sent."""

QUIET: dict[str, Any] = {"formatters": {}, "handlers": {}, "loggers": {}}
"""The server's own messages go the way of all others; requests are counted, not logged."""

logger = structlog.get_logger(__name__)


def serve(settings: Settings) -> None:
    """Serve until SIGTERM or Ctrl-C: what has been asked is answered, nothing new is accepted."""
    logs.configure(settings.log_level)
    uvloop.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    async with api(settings) as services:
        doors = create_app(services)
        collect_garbage_rarely()  # not before, since features load what they build
        # Several processes may share the public port; the other one is this process's alone.
        connections = _connections() // len(doors)
        servers = [
            server_of(doors.public, settings, settings.port, connections),
            server_of(doors.own, settings, settings.own_port, connections),
        ]

        signalled = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, signalled.set)
        logger.info("api starts", url=settings.base_url, peers=settings.peer_address)
        serving = asyncio.gather(*(server.serve() for server in servers))
        stopping = loop.create_task(signalled.wait())
        watching = loop.create_task(Pauses().watch())
        await asyncio.wait((serving, stopping), return_when=asyncio.FIRST_COMPLETED)
        watching.cancel()
        await services.leave()
        services.closing.set()
        for server in servers:
            server.stop()  # type: ignore[no-untyped-call]
        await serving
    logger.info("api stopped")


def _connections() -> int:
    """Raise the limit of descriptors as far as we may; how many connections fit under it."""
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = max(now, MOST_CONNECTIONS + OWN_DESCRIPTORS)
    allowed = wanted if most == resource.RLIM_INFINITY else min(most, wanted)
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))
    return max(allowed - OWN_DESCRIPTORS, allowed // 2)


def server_of(app: ASGIApp, settings: Settings, port: int, connections: int) -> Server:
    """The server of an application, which takes so many connections at a time."""
    return Server(
        app,
        address=settings.host,
        port=port,
        interface=Interfaces.ASGINL,
        http=HTTPModes.http1,
        backlog=LISTEN_BACKLOG,
        backpressure=connections,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_TIMEOUT_MS),
        log_access=False,
        log_level=LogLevels.error,
        log_dictconfig=QUIET,
    )

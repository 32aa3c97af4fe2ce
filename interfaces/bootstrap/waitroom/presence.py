"""What looks for absentees in waiting rooms; it loads nothing of HTTP."""

from contextlib import closing

import httpx

from application.waitroom.presence import NAME
from infra.commands_client import CommandsClient
from infra.presence import PresenceWatch
from infra.redis import connect
from infra.stack import api
from interfaces.bootstrap.worker import Context, Work
from interfaces.tokens import Tokens


def presence(context: Context) -> Work:
    """Build the worker; its commands are tried once, as what it knows is stale a moment later."""
    settings, held = context.settings, context.held
    tokens = Tokens(settings.signing_secret(make=True))
    url = settings.base_url
    client = CommandsClient(url, lambda: tokens.issue(NAME, "process"), lambda: True)
    held.callback(client.close)
    redis = held.enter_context(closing(connect(settings.redis_url)))
    # A connection for each question, as somebody has who comes to the page.
    http = held.enter_context(httpx.Client(limits=httpx.Limits(max_keepalive_connections=0)))

    def is_reachable() -> bool:
        return api.answers(url, api.ANSWERS_QUERIES, http.get)

    return PresenceWatch(redis, client.execute, is_reachable).run

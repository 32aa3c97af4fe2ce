"""What addresses of conversations have in common: what stands in them, and whom they ask."""

from collections.abc import Sequence
from functools import partial
from typing import Annotated

from litestar.params import PathParameter

from application.conversations.others import Others
from application.ports.people import Execute
from domain.categories import SOCIAL
from domain.conversations.names import ID_PATTERN
from domain.events import Position
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import asked
from interfaces.http.platform.freshness import read_after_of
from interfaces.http.platform.parameters import position_in
from interfaces.http.platform.services import services_of

InPath = Annotated[
    str,
    PathParameter(description="The id of a conversation.", pattern=ID_PATTERN),
]
AfterSocial = Annotated[str | None, read_after_of(SOCIAL.topic)]


def others_of(request: Request) -> Others:
    """What knows of those with whom somebody talks."""
    return services_of(request).part(Others)


def asks_log(request: Request) -> Execute:
    """Asks how something stands where it is decided, which changes nothing."""
    return partial(asked, services_of(request).log)


async def hidden_from(request: Request, read_after: str | None) -> Sequence[str]:
    """Those of whom who asks wants to see nothing, as far as they have seen the log."""
    position: Position | None = None if read_after is None else position_in(read_after)
    return await others_of(request).hidden_from(request.user.user_id, position)

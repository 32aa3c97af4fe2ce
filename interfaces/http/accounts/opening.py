"""Opening an account at a page, for who has a way in and no token yet."""

from typing import Any

from application.accounts.claiming import Claims
from application.ports.commands import Answer
from domain.accounts.commands import RegisterAccount
from domain.accounts.names import canonical
from interfaces.http.accounts.own import sealed
from interfaces.http.accounts.shapes import SigningUp
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.command_context import context_of
from interfaces.http.platform.services import services_of
from interfaces.tokens import Identity


async def open_account(request: Request, user_id: str, told: SigningUp, **way_in: Any) -> Answer:
    """Open an account together with a way in, as fields of `RegisterAccount`.

    Both are one commit, so nobody has an account that nobody can enter. Raises `Limited`, `Refusal`
    and `Unavailable`.
    """
    registering = RegisterAccount(
        user_id=user_id,
        origin="hall",
        handle=canonical(told.handle),
        display_name=await sealed(request, user_id, told.display_name),
        time_zone=told.time_zone,
        language=told.language,
        **way_in,
    )
    holder = Identity(user_id, "player", 0, 0)
    headers = dict(request.scope["headers"])
    context = context_of(holder, request.scope, headers, await request.body())
    services = services_of(request)
    return await services.part(Claims).take(services.log, context, registering)

"""The last mails of a hall that brings them nowhere, for operators."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from litestar import Router, get

from application.ports.kept_mails import KeptMail, KeptMails
from interfaces.http.platform.auth import only
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.pages import FOLDER, Page
from interfaces.http.platform.problems import Problem, documented
from interfaces.http.platform.services import services_of


@dataclass(frozen=True)
class Sink:
    """What keeps mails; a hall that sends them has none."""

    mails: KeptMails


class LastMails(msgspec.Struct, frozen=True, kw_only=True):
    """The last mails, the latest first."""

    mails: Sequence[KeptMail]


@get(
    "/api/v1/mails",
    operation_id="listMails",
    summary="Mails that are kept",
    responses=documented(403, 404),
    guards=[only("admin")],
)
async def list_mails(request: Request) -> LastMails:
    """List the last mails of a hall that brings them nowhere, where nobody has set a server."""
    sink = services_of(request).parts.get(Sink)
    if sink is None:
        raise Problem(404, "no-sink", "This hall keeps no mails: it sends them, or has none.")
    try:
        return LastMails(mails=await sink.mails.last())
    except OSError:
        raise Problem(
            503, "sink-away", "What keeps the mails does not answer.", headers={"Retry-After": "1"}
        ) from None


MAILS = Page(
    path="/mails",
    folder=FOLDER / "mails",
    title="Mails",
    about="What this hall has written to people, where it brings mails nowhere.",
    needs=Sink,
)

router = Router(path="/", route_handlers=[list_mails])

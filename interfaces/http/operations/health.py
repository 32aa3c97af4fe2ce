"""Health: whether the process lives, whether it can answer, and what it has counted."""

import asyncio
from typing import Annotated, Literal

import msgspec
import structlog
from litestar import MediaType, Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import QueryParameter
from prometheus_client import REGISTRY
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from interfaces.http.platform.auth import OPEN
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.problems import MEDIA_TYPE, Problem, ProblemDetails, documented
from interfaces.http.platform.services import Readiness, ReadinessCheck, services_of

Side = Literal["commands", "queries"]
"""What the service does; each can go on without the other."""

AWAY = "away"
"""All that anybody is told of a part that does not answer."""

CHECK_TIMEOUT_S = 1.0
"""For which a part may take to say that it is well."""

logger = structlog.get_logger(__name__)

NOT_READY = {
    400: documented(400)[400],
    503: ResponseSpec(ProblemDetails, description="What is not", media_type=MEDIA_TYPE),
}


class Health(msgspec.Struct, frozen=True, kw_only=True):
    """All is well."""

    status: Literal["live", "ready"]


@get("/health/live", opt=OPEN, operation_id="getLiveness", summary="Alive?")
async def get_liveness() -> Health:
    """Tell that the process answers; it looks at nothing else."""
    return Health(status="live")


@get(
    "/health/ready",
    opt=OPEN,
    operation_id="getReadiness",
    summary="Ready?",
    responses=NOT_READY,
)
async def get_readiness(
    request: Request,
    of: Annotated[Side | None, QueryParameter(description="One of both; by default both.")] = None,
) -> Health:
    """Tell whether everything that commands and queries need is there, or name what is not.

    A shop that sells goes on while a page is behind: ask for one of both where that matters.
    """
    services = services_of(request)
    needs = {"commands": services.commands_need, "queries": services.queries_need}
    wrong = {side: await _wrong(needs[side]) for side in ([of] if of else needs)}
    missing = {name: answer for each in wrong.values() for name, answer in each.items()}
    if missing:
        detail = f"Not ready: {', '.join(missing)}."
        ready = {side: not each for side, each in wrong.items()}
        retry = {"Retry-After": "1"}
        raise Problem(503, "not-ready", detail, headers=retry, checks=missing, ready=ready)
    return Health(status="ready")


@get(
    "/metrics",
    opt=OPEN,
    operation_id="getMetrics",
    summary="Counters",
    media_type=MediaType.TEXT,
)
async def get_metrics() -> Response[str]:
    """Tell everything that has been counted, for Prometheus."""
    return Response(
        generate_latest(REGISTRY).decode(), headers={"content-type": CONTENT_TYPE_LATEST}
    )


async def _wrong(needs: Readiness) -> dict[str, str]:
    answers = await asyncio.gather(*(_ask(name, check) for name, check in needs.items()))
    return {name: answer for name, answer in zip(needs, answers, strict=True) if answer}


async def _ask(name: str, check: ReadinessCheck) -> str | None:
    """What is wrong with a part, for anybody: why it is away is told in the log alone."""
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check()
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a part, it is not ready
        logger.warning("not ready", part=name, error=f"{type(error).__name__}: {error}")
        return AWAY


HANDLERS = [get_liveness, get_readiness, get_metrics]

"""Health: whether the process lives, whether it can answer, and what it has counted."""

import asyncio
from typing import Literal

import msgspec
from litestar import MediaType, Response, get
from litestar.openapi.datastructures import ResponseSpec
from prometheus_client import REGISTRY
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from interfaces.http.platform.auth import OPEN
from interfaces.http.platform.bodies import Request
from interfaces.http.platform.problems import MEDIA_TYPE, Problem, ProblemDetails
from interfaces.http.platform.services import ReadinessCheck, services_of

CHECK_TIMEOUT_S = 1.0
"""For which a part may take to say that it is well."""

NOT_READY = {503: ResponseSpec(ProblemDetails, description="What is not", media_type=MEDIA_TYPE)}


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
async def get_readiness(request: Request) -> Health:
    """Tell whether everything that requests need is there, or name what is not."""
    checks = services_of(request).checks
    answers = await asyncio.gather(*(_ask(check) for check in checks.values()))
    wrong = {name: answer for name, answer in zip(checks, answers, strict=True) if answer}
    if wrong:
        detail = f"Not ready: {', '.join(wrong)}."
        raise Problem(503, "not-ready", detail, headers={"Retry-After": "1"}, checks=wrong)
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


async def _ask(check: ReadinessCheck) -> str | None:
    try:
        async with asyncio.timeout(CHECK_TIMEOUT_S):
            return await check()
    except TimeoutError:
        return f"no answer within {CHECK_TIMEOUT_S:g} s"
    except Exception as error:  # noqa: BLE001 - whatever is wrong with a part, it is not ready
        return f"{type(error).__name__}: {error}"


HANDLERS = [get_liveness, get_readiness, get_metrics]

"""One table from everything that can be raised to the problem that its asker sees."""

import math
from collections.abc import Callable
from typing import Any, cast

import msgspec
import psycopg
import redis
import structlog
from confluent_kafka import KafkaException
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, ValidationException

from application.ports.commands import Unavailable
from application.ports.limits import Limited
from application.validation import InvalidInput, MalformedInput
from domain.refusals import Refusal
from interfaces.http.platform.problems import MEDIA_TYPE, Problem, invalid, invalid_field
from projections.projection import ReadModelMissing

logger = structlog.get_logger(__name__)

NAMES = {
    400: ("invalid-request", "The request does not fit what this address takes."),
    404: ("not-found", "There is nothing at this address."),
    405: ("method-not-allowed", "This address does not take this method."),
    413: ("too-large", "The body is larger than this address takes."),
    415: ("unsupported-media-type", "The body has to be JSON: application/json."),
    429: ("too-many-requests", "Too many requests; come back later."),
}


def problem_of(error: Exception) -> Problem:
    """The problem that stands for an error. What nobody foresaw is logged, and not told."""
    if isinstance(error, Problem):
        return error
    for kind, translate in TABLE:
        if isinstance(error, kind):
            return translate(error)
    logger.error("unexpected error", exc_info=error)
    return Problem(500, "internal-error", "Something went wrong here; it has been written down.")


def on_error(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Litestar's exception handler."""
    problem = problem_of(error)
    return Response(
        msgspec.json.encode(problem.details(request.url.path)),
        status_code=problem.status,
        headers=problem.headers,
        media_type=MEDIA_TYPE,
    )


def _refused(error: Refusal) -> Problem:
    return Problem(error.status, error.type, str(error))


def _malformed(error: MalformedInput) -> Problem:
    return Problem(error.status, error.type, f"{error}.")


def _invalid_input(error: InvalidInput) -> Problem:
    return invalid(error.status, error.type, error.field, str(error))


def _unavailable(error: Unavailable | ReadModelMissing) -> Problem:
    return unavailable("unavailable", str(error), error.retry_after)


def unavailable(type: str, detail: str, retry_after: float) -> Problem:
    """Come back in a moment, and it will be all right."""
    return Problem(503, type, detail, headers={"Retry-After": f"{max(1, round(retry_after))}"})


def _limited(error: Limited) -> Problem:
    headers = {
        "Retry-After": f"{math.ceil(error.retry_after) or 1}",
        "RateLimit-Limit": f"{error.limit}",
        "RateLimit-Remaining": f"{error.remaining}",
        "RateLimit-Reset": f"{math.ceil(error.reset_after)}",
    }
    return Problem(429, "too-many-requests", str(error), headers=headers)


def _invalid(error: ValidationException) -> Problem:
    """A parameter that does not fit; Litestar names it in `extra`.

    A body is decoded by `bodies`, so all that Litestar finds wrong with one is that it is empty.
    """
    extra = cast("list[dict[str, Any]]", error.extra if isinstance(error.extra, list) else [])
    errors = [invalid_field(_place(each), each["message"]) for each in extra]
    if any(invalid.field == "body.data" for invalid in errors):
        return Problem(400, "malformed-json", "The body is empty; it has to be JSON.")
    sentences = " ".join(f"{invalid.field}: {invalid.message}." for invalid in errors)
    return Problem(400, NAMES[400][0], sentences or NAMES[400][1], errors=errors)


def _place(extra: dict[str, Any]) -> str:
    source = extra.get("source", "path")
    return f"{getattr(source, 'value', source)}.{extra['key']}"


def _framework(error: HTTPException) -> Problem:
    if error.status_code not in NAMES:
        logger.error("unexpected error", exc_info=error)
    type, detail = NAMES.get(error.status_code, ("internal-error", "Something went wrong here."))
    return Problem(error.status_code, type, detail, headers=error.headers)


def _not_allowed(error: MethodNotAllowedException) -> Problem:
    """Names the methods that are taken; whatever takes GET takes HEAD."""
    problem = _framework(error)
    allowed = {method for value in problem.headers.values() for method in value.split(", ")}
    if "GET" in allowed:
        allowed.add("HEAD")
    problem.headers = {"Allow": ", ".join(sorted(allowed))}
    return problem


def _away(error: Exception) -> Problem:
    logger.warning("a server is away", error=repr(error))
    return unavailable("unavailable", "What is asked for cannot be looked up at the moment.", 1)


TABLE: tuple[tuple[type[Exception], Callable[[Any], Problem]], ...] = (
    (MalformedInput, _malformed),
    (InvalidInput, _invalid_input),
    (Refusal, _refused),
    (Unavailable, _unavailable),
    (ReadModelMissing, _unavailable),
    (Limited, _limited),
    (redis.ConnectionError, _away),
    (redis.TimeoutError, _away),
    (psycopg.OperationalError, _away),
    (KafkaException, _away),
    (ValidationException, _invalid),
    (MethodNotAllowedException, _not_allowed),
    (HTTPException, _framework),
)

"""Problem details (RFC 9457): the one shape of everything that goes wrong."""

from collections.abc import Iterable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated

import msgspec
from litestar.openapi.datastructures import ResponseSpec

from application.validation import in_words

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:gamehall:problem:"


class InvalidField(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a request that does not fit: where it is, and what is wrong with it."""

    field: Annotated[str, msgspec.Meta(examples=["$.priority"])]
    message: Annotated[str, msgspec.Meta(examples=["Expected `int`, got `str`"])]


class ProblemDetails(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What went wrong; `type` is stable and meant for programs, `detail` is meant for people."""

    type: Annotated[str, msgspec.Meta(examples=["urn:gamehall:problem:not-your-session"])]
    title: Annotated[str, msgspec.Meta(examples=["Not your session"])]
    status: Annotated[int, msgspec.Meta(examples=[403])]
    detail: Annotated[str, msgspec.Meta(examples=["Session '4f0c' belongs to somebody else."])]
    instance: Annotated[str, msgspec.Meta(examples=["/api/v1/waitroom/leave"])] = ""
    errors: list[InvalidField] = []
    checks: dict[str, str] = {}
    ready: dict[str, bool] = {}


class Problem(Exception):
    """Something went wrong on the way to a decision; `type` is kebab-case and permanent."""

    def __init__(
        self,
        status: int,
        type: str,
        detail: str,
        *,
        title: str = "",
        headers: Mapping[str, str] | None = None,
        errors: Sequence[InvalidField] = (),
        checks: Mapping[str, str] | None = None,
        ready: Mapping[str, bool] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.type = type
        self.title = title or type.replace("-", " ").capitalize()
        self.headers = dict(headers or {})
        self.errors = list(errors)
        self.checks = dict(checks or {})
        self.ready = dict(ready or {})

    def details(self, instance: str = "") -> ProblemDetails:
        """The problem as its reader sees it; `instance` is the path that was asked for."""
        return ProblemDetails(
            type=TYPE_PREFIX + self.type,
            title=self.title,
            status=self.status,
            detail=str(self),
            instance=instance,
            errors=self.errors,
            checks=self.checks,
            ready=self.ready,
        )


def bad_request(type: str, detail: str, errors: Iterable[InvalidField] = ()) -> Problem:
    """The request cannot be read the way it is."""
    return Problem(400, type, detail, errors=tuple(errors))


def no_guests() -> Problem:
    """Nobody comes to this hall whom nobody knows."""
    return forbidden("no-guests", "This hall takes no guests; GAMEHALL_GUESTS=true lets them in.")


def invalid_field(field: str, message: str) -> InvalidField:
    """What does not fit, as msgspec or a sentence of ours says it."""
    return InvalidField(field=field, message=in_words(message))


def invalid(status: int, type: str, field: str, message: str) -> Problem:
    """A part of the request does not fit."""
    wrong = invalid_field(field, message)
    return Problem(status, type, f"{field}: {wrong.message}.", errors=[wrong])


def forbidden(type: str, detail: str) -> Problem:
    """The token is good, and does not open this."""
    return Problem(403, type, detail)


def documented(*statuses: int) -> dict[int, ResponseSpec]:
    """Say for the OpenAPI document which problems an operation answers with.

    Every operation that needs a token may refuse it, and any may be out of order.
    """
    return {
        status: ResponseSpec(
            data_container=ProblemDetails,
            description=HTTPStatus(status).phrase,
            media_type=MEDIA_TYPE,
            generate_examples=False,
        )
        for status in sorted({401, 500, 503, *statuses})
    }

"""What can be done with an answer: the links between operations, for the OpenAPI document."""

from collections.abc import Mapping

import msgspec

AFTER_THIS = {"header.Read-After": "$response.header.Position"}


class Link(msgspec.Struct, frozen=True, omit_defaults=True):
    """A next request, as OpenAPI has it: which one, why, and what of the answer goes into it.

    A parameter is named with its place, for example `path.game_id`; a body says only what the
    answer knows.
    """

    operation_id: str = msgspec.field(name="operationId")
    description: str
    parameters: Mapping[str, str] = {}
    body: Mapping[str, str] = msgspec.field(default_factory=dict, name="requestBody")


def in_answer(pointer: str) -> str:
    """A part of the answer's body, by its JSON pointer without the first slash."""
    return f"$response.body#/{pointer}"

"""Which checks there are, how strict they are, and why."""

import json
import re
from collections.abc import Collection
from copy import deepcopy
from functools import reduce
from hashlib import blake2b
from operator import or_
from typing import Any

import schemathesis
from schemathesis import Case
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation
from schemathesis.specs.openapi.schemas import OpenApiSchema

from domain.keys import KEY_PATTERN, flaw_in_key
from interfaces.http.app import describe

AnyCase = Case[Any]

SEED = 20261121

ACCEPTED = ["2xx", "403", "404", "409", "422"]
REFUSED = ["400", "401", "403", "404", "405", "415"]

CHECKS: dict[str, Any] = {
    # All checks are on, also those that a later version may add. `object_level_authorization`
    # has nothing to do, because it wants several users at a time and takes every object for
    # private, while anybody may look at games; who may see a session is tested in `tests/http`.
    "enabled": True,
    # A valid request may still be refused for what the domain says of it: 403 for somebody else's
    # things, 404 for what is not there, 409 for what does not go now, 422 for what never goes.
    "positive_data_acceptance": {"expected-statuses": ACCEPTED},
    # An invalid request is stopped before the domain: 409, 422 and 5xx are not good enough.
    # 401 is for tokens left out, 403 for such as may not ask at all, 404 for paths of another
    # shape.
    "negative_data_rejection": {"expected-statuses": REFUSED},
    "missing_required_header": {"expected-statuses": ["400", "401"]},
    # A query may wait for 2 seconds, and a busy machine may take some more.
    "max_response_time": 8.0,
}

RULES: dict[str, Any] = {
    "seed": SEED,
    "checks": CHECKS,
    "generation": {
        "deterministic": True,
        "database": "none",
        "mode": "all",
        # Tests send a good token with every request, which would undo what is made up here.
        # For each good answer, `ignored_auth` asks again without a token and with a wrong one.
        "with-security-parameters": False,
    },
    "phases": {"fuzzing": {"generation": {"max-examples": 30}}},
}

OPERATIONS: dict[str, Any] = {
    # A query parameter that nobody knows is ignored, as is usual. Schemathesis expects that, but
    # fails to recognise it beside numbers, which only these operations have.
    "operations": [
        *(
            {
                "include-operation-id": operation,
                "generation": {"allow-extra-parameters": False},
            }
            for operation in (
                "getLeaderboard",
                "listGames",
                "getGameLeaderboard",
                "listGameLeaderboards",
                "listPlayerEvents",
                "getRetention",
                "getFunnel",
                "listDeadLetters",
                "listWaitrooms",
                "listSessions",
                "listAccounts",
                "listEffects",
                "listMyFriends",
                "listMyFriendRequests",
                "listMyBlocks",
                "listMyFriendsPresence",
                "suggestFriends",
                "listMyConversations",
                "listMessages",
                "listRooms",
                "getRoomEntries",
                "getMyFeed",
            )
        ),
        # An event that does not fit is a 422; in a batch, it does not stop the others.
        {
            "include-operation-id": "reportEvent",
            "checks": {"negative_data_rejection": {"expected-statuses": [*REFUSED, "422"]}},
        },
        {
            "include-operation-id": "editDeadLetter",
            "checks": {"negative_data_rejection": {"expected-statuses": [*REFUSED, "422"]}},
        },
        # Each is let in so many times an hour, and reads or asks all that there is, which takes a
        # second or two.
        *(
            {
                "include-operation-id": operation,
                "phases": {
                    "coverage": {"enabled": False},
                    "fuzzing": {"generation": {"max-examples": 3}},
                },
                "checks": {
                    "positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "429"]},
                    "negative_data_rejection": {"expected-statuses": [*REFUSED, "429"]},
                },
            }
            for operation in (
                *("exportMe", "exportPerson", "eraseMe", "erasePerson"),
                "mergeGuest",
            )
        ),
        # To JSON Schema 1.0 is an integer; the hall wants the digits.
        {
            "include-operation-id": "changeRule",
            "checks": {"positive_data_acceptance": {"expected-statuses": [*ACCEPTED, "400"]}},
        },
        # What a picture is, no schema says.
        {
            "include-operation-id": "changeAvatar",
            "checks": {"negative_data_rejection": {"expected-statuses": [*REFUSED, "422"]}},
        },
        {
            "include-operation-id": "reportEvents",
            "checks": {"negative_data_rejection": {"expected-statuses": [*REFUSED, "200"]}},
        },
    ]
}

DOCUMENT: dict[str, Any] = json.loads(describe())
"""The OpenAPI document; a test compares it with what the running service publishes."""

IDS = {
    name
    for shape in DOCUMENT["components"]["schemas"].values()
    for name, field in shape.get("properties", {}).items()
    if KEY_PATTERN in repr(field).replace("\\\\", "\\")
}
"""What the fields of bodies are called that hold ids, somewhere."""

READ_AFTER = "Read-After"
POSITION = re.compile(
    r"(waitroom-log|game-log|user-log|person-log|social-log|effect-log|player[.]events[.]raw)/[0-9]+@[0-9]+"
)


def contract(*rules: dict[str, Any], under: tuple[str, ...] = ("/",)) -> OpenApiSchema:
    """The document, as far as it is about addresses `under` some, and how it is to be tested."""
    config = SchemathesisConfig.from_dict(reduce(or_, rules, RULES))
    paths = {
        path: item
        for path, item in DOCUMENT["paths"].items()
        if path.startswith(under) and not goes_on(item)
    }
    return schemathesis.openapi.from_dict(deepcopy(DOCUMENT | {"paths": paths}), config=config)


def goes_on(item: Any) -> bool:
    """Whether what is answered at an address never ends, so that nobody could look at all of it."""
    return "text/event-stream" in repr(item)


def read_after_what_there_is(case: AnyCase, positions: Collection[str]) -> None:
    """Where a valid position is meant, send one that the log has reached.

    A query waits 2 seconds for a position that is not there and then answers 503, as documented
    and as it should, but most random positions are not there; and the coverage phase does not
    know how to write one, it takes "" or "0" for something that fits the pattern. What is meant
    to be invalid stays as it is. `test_operations` sends what is not there.
    """
    sent = case.headers.get(READ_AFTER)
    if sent is None or sent in positions:
        return
    if POSITION.fullmatch(sent) or not _has_invalid_headers(case):
        topic = _topic_of(case)
        case.headers[READ_AFTER] = min(each for each in positions if each.startswith(topic))


def call_things_by_names(case: AnyCase) -> None:
    """Where an id fits its pattern and looks like another, send one that does not.

    The document cannot say which do, and most random texts do. `test_look_alikes` sends those.
    """
    named = _named(case.body)
    if named != case.body:  # to set it, even to what it is, makes Schemathesis judge it anew
        case.body = named


def _named(value: Any) -> Any:
    if isinstance(value, list):
        return [_named(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {name: _id(v) if name in IDS else _named(v) for name, v in value.items()}


def _id(value: Any) -> Any:
    if isinstance(value, str) and re.search(KEY_PATTERN, value) and flaw_in_key(value):
        return blake2b(value.encode(errors="replace"), digest_size=8).hexdigest()
    return value


def _topic_of(case: AnyCase) -> str:
    """The topic that an operation follows, as the pattern of its `Read-After` says."""
    parameters = case.operation.definition.raw["parameters"]
    schema = next(each["schema"] for each in parameters if each["name"] == READ_AFTER)
    topic: str = schema["pattern"].removeprefix("^").partition("/")[0]
    return topic


def _has_invalid_headers(case: AnyCase) -> bool:
    assert case.meta is not None
    made = case.meta.phase.data
    places = {made.parameter_location, *(each.parameter_location for each in made.mutations)}
    return ParameterLocation.HEADER in places

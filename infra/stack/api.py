"""The API, as the stack sees it: a process that says of itself whether it is well."""

from collections.abc import Callable

import httpx

from infra import clocks
from infra.errors import SetupError

ANSWER_TIMEOUT_S = 2
LIVES = "live"
TAKES_COMMANDS = "ready?of=commands"
ANSWERS_QUERIES = "ready?of=queries"


def answers(
    url: str, question: str = LIVES, get: Callable[..., httpx.Response] = httpx.get
) -> bool:
    """Whether the API says that it lives, or whatever else it is asked about its health.

    Who asks again and again gives the `get` of a client: making one takes 24 ms of a core.
    """
    try:
        return get(f"{url}/health/{question}", timeout=ANSWER_TIMEOUT_S).is_success
    except httpx.HTTPError:
        return False


def clock(url: str, seconds: float) -> float:
    """Ask for the time there, in seconds since 1970; raises `SetupError` where it is not live."""
    try:
        answer = httpx.get(f"{url}/health/live", timeout=seconds).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise SetupError(str(error)) from error
    told = clocks.told_by(answer)
    if told is None:
        raise SetupError("it is no API of ours: its answer has no Date")
    return told

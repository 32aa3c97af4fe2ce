"""The API, as the stack sees it: a process that says of itself whether it is well."""

import httpx

ANSWER_TIMEOUT_S = 2


def answers(url: str, question: str = "live") -> bool:
    """Whether the API says that it is live, or ready."""
    try:
        return httpx.get(f"{url}/health/{question}", timeout=ANSWER_TIMEOUT_S).is_success
    except httpx.HTTPError:
        return False

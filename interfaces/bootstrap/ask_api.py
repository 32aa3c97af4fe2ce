"""What the command line asks of the API, in the name of whoever types."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO
from urllib.parse import quote

import httpx

from interfaces.bootstrap import SetupError
from interfaces.settings import Settings
from interfaces.tokens import Tokens

ANSWER_TIMEOUT_S = 10.0


class ApiRefuses(SetupError):
    """The API does not do it, and says why; `status` is that of its answer."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


class AskApi:
    """Asks the API as an administrator called `by`.

    Raises `ApiRefuses` with the sentence of a refusal, and `SetupError` when it does not answer.
    """

    def __init__(self, settings: Settings, by: str, timeout_s: float = ANSWER_TIMEOUT_S) -> None:
        token = Tokens(settings.signing_secret()).issue(by, "admin")
        headers = {"Authorization": f"Bearer {token}"}
        self._url = settings.base_url
        self._http = httpx.Client(base_url=self._url, headers=headers, timeout=timeout_s)

    def get(self, path: str, **asked: object) -> Any:
        """Look at something; what is None is not asked for."""
        return self._ask("GET", path, params=_given(asked))

    def pages(self, path: str, of: str, most: int, **asked: object) -> Iterator[Any]:
        """The entries of a list, of which each page holds some as `of`, and at most so many."""
        after: str | None = None
        while most > 0:
            page = self.get(path, after=after, limit=min(most, 1_000), **asked)
            yield from page[of]
            most -= len(page[of])
            after = page["after"]
            if after is None:
                return

    def save(self, path: str, file: BinaryIO) -> int:
        """Write what stands at an address to a file; gives how many bytes."""
        written = 0
        with self._answering(), self._http.stream("GET", path) as answer:
            if not answer.is_success:
                answer.read()
                raise SetupError(_detail(answer))
            for piece in answer.iter_bytes():
                written += file.write(piece)
        return written

    def post(self, path: str, body: object = None, **asked: object) -> Any:
        """Have something done."""
        return self._ask("POST", path, json=body, params=_given(asked))

    def put(self, path: str, body: object) -> Any:
        """Put something in the place of what is there."""
        return self._ask("PUT", path, json=body)

    def delete(self, path: str) -> Any:
        """Take something away."""
        return self._ask("DELETE", path)

    def _ask(self, method: str, path: str, **how: Any) -> Any:
        with self._answering():
            answer = self._http.request(method, path, **how)
        if not answer.is_success:
            raise ApiRefuses(_detail(answer), answer.status_code)
        return answer.json()

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except httpx.TransportError as error:
            raise SetupError(f"The API at {self._url} does not answer: {error}.") from error


def in_path(name: str) -> str:
    """A name as a part of an address."""
    return quote(name, safe="")


def _given(asked: Mapping[str, object]) -> dict[str, Any]:
    return {name: value for name, value in asked.items() if value is not None}


def _detail(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError):
        return f"The API answers {answer.status_code}: {answer.text[:200]}"

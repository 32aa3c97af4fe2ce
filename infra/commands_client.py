"""A worker's way to the log: commands over HTTP, many in one request, until they are answered."""

from collections.abc import Callable, Sequence

import httpx
import msgspec
import stamina

from application.issued import Issued
from application.orders import ReadOutcome, Refused

PATH = "/api/v1/commands"
SECONDS = 30.0
LONGEST_PAUSE = 2.0
AT_ONCE = 500
NOT_UNDERSTOOD = frozenset({400, 413, 422})
"""Statuses that blame the body: of several commands, those to blame are found one by one."""


class ApiAway(Exception):
    """The API, or a shard behind it, does not answer at the moment."""


class CommandsClient:
    """Sends commands to the API and waits as long as it takes. Blocking, for one thread.

    Guarantees: every command is answered before `execute` returns, in order, and its effect is
    there once, because a repetition brings the same command id. An attempt goes on behind the
    last command that was answered.
    """

    def __init__(
        self,
        url: str,
        token: Callable[[], str],
        stopped: Callable[[], bool] = lambda: False,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._http = httpx.Client(base_url=url, timeout=SECONDS, transport=transport)
        self._token = token
        self._stopped = stopped
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(list[ReadOutcome]).decode

    def execute(self, issued: Sequence[Issued]) -> list[ReadOutcome]:
        """The outcomes in order; raises `ApiAway` only when the worker is told to stop."""
        outcomes: list[ReadOutcome] = []
        for attempt in stamina.retry_context(
            on=self._worth_another, attempts=None, timeout=None, wait_max=LONGEST_PAUSE
        ):
            with attempt:
                self._send(issued, outcomes)
        return outcomes

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _worth_another(self, error: Exception) -> bool:
        return isinstance(error, ApiAway | httpx.TransportError) and not self._stopped()

    def _send(self, issued: Sequence[Issued], outcomes: list[ReadOutcome]) -> None:
        """Send what has no outcome yet."""
        while len(outcomes) < len(issued):
            self._send_part(issued[len(outcomes) :][:AT_ONCE], outcomes)

    def _send_part(self, part: Sequence[Issued], outcomes: list[ReadOutcome]) -> None:
        response = self._post(part)
        if response.status_code in NOT_UNDERSTOOD and len(part) > 1:
            for each in part:
                self._send_part([each], outcomes)
        elif response.status_code in NOT_UNDERSTOOD:
            outcomes.append(_not_understood(response))
        elif not response.is_success:
            # Even a wrong address or token is waited for: messages lost would not come back.
            raise ApiAway(f"The API answers {response.status_code}: {response.text[:200]}")
        else:
            for outcome in self._decode(response.content):
                if outcome.unavailable is not None:
                    raise ApiAway(f"A command got no answer: {outcome.unavailable.detail}")
                outcomes.append(outcome)

    def _post(self, part: Sequence[Issued]) -> httpx.Response:
        body = [
            {"command": each.command, "command_id": each.command_id, "metadata": each.metadata}
            for each in part
        ]
        headers = {
            "Authorization": f"Bearer {self._token()}",
            "Content-Type": "application/json",
        }
        return self._http.post(PATH, content=self._encode(body), headers=headers)


def _not_understood(response: httpx.Response) -> ReadOutcome:
    detail = f"The API does not take the command: {response.text[:1_000]}"
    return ReadOutcome(
        refusal=Refused(type="not-understood", status=response.status_code, detail=detail)
    )

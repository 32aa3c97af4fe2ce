"""A worker's way to the log: commands over HTTP, many in one request, until they are answered."""

import time
from collections.abc import Callable, Sequence
from http import HTTPStatus

import httpx
import msgspec
import stamina
import structlog

from application.envelopes import RefusalBody, VerdictMessage
from application.ports.commands import Envelope
from infra import clocks

COMMANDS_PATH = "/api/v1/commands"
REQUEST_TIMEOUT_S = 30.0
LONGEST_PAUSE_S = 2.0
MOST_COMMANDS = 500
NOT_UNDERSTOOD = frozenset({400, 413, 422})
"""Statuses that blame the body: of several commands, those to blame are found one by one."""

logger = structlog.get_logger(__name__)


class ApiAway(Exception):
    """The API, or a shard behind it, does not answer at the moment."""


class CommandsClient:
    """Sends commands to the API and waits as long as it takes. Blocking, for one thread.

    Guarantees: every command is answered before `execute` returns, in order, and its effect is
    there once, because a repetition brings the same command id. An attempt goes on behind the
    last command that was answered, and a request is given up after `timeout_s`.
    """

    def __init__(
        self,
        url: str,
        token: Callable[[], str],
        stopped: Callable[[], bool] = lambda: False,
        transport: httpx.BaseTransport | None = None,
        timeout_s: float = REQUEST_TIMEOUT_S,
    ) -> None:
        self._http = httpx.Client(base_url=url, timeout=timeout_s, transport=transport)
        self._token = token
        self._stopped = stopped
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(list[VerdictMessage]).decode

    def execute(self, envelopes: Sequence[Envelope]) -> list[VerdictMessage]:
        """The verdicts in order; raises `ApiAway` only when the worker is told to stop."""
        verdicts: list[VerdictMessage] = []
        for attempt in stamina.retry_context(
            on=self._worth_another, attempts=None, timeout=None, wait_max=LONGEST_PAUSE_S
        ):
            with attempt:
                self._send(envelopes, verdicts)
        return verdicts

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def _worth_another(self, error: Exception) -> bool:
        return isinstance(error, ApiAway | httpx.TransportError) and not self._stopped()

    def _send(self, envelopes: Sequence[Envelope], verdicts: list[VerdictMessage]) -> None:
        """Send what has no verdict yet."""
        while len(verdicts) < len(envelopes):
            self._send_part(envelopes[len(verdicts) :][:MOST_COMMANDS], verdicts)

    def _send_part(self, part: Sequence[Envelope], verdicts: list[VerdictMessage]) -> None:
        response = self._post(part)
        if response.status_code in NOT_UNDERSTOOD and len(part) > 1:
            for each in part:
                self._send_part([each], verdicts)
        elif response.status_code in NOT_UNDERSTOOD:
            verdicts.append(_not_understood(response))
        elif response.status_code == HTTPStatus.UNAUTHORIZED:
            reason = _refused(response, time.time())
            logger.warning("the API refuses this worker", reason=reason)
            raise ApiAway(reason)
        elif not response.is_success:
            # Even a wrong address or token is waited for: messages lost would not come back.
            raise ApiAway(f"The API answers {response.status_code}: {response.text[:200]}")
        else:
            for verdict in self._decode(response.content):
                if verdict.unavailable is not None:
                    raise ApiAway(f"A command got no answer: {verdict.unavailable.detail}")
                verdicts.append(verdict)

    def _post(self, part: Sequence[Envelope]) -> httpx.Response:
        headers = {
            "Authorization": f"Bearer {self._token()}",
            "Content-Type": "application/json",
        }
        return self._http.post(COMMANDS_PATH, content=self._encode(part), headers=headers)


def _refused(response: httpx.Response, now: float) -> str:
    """Say that our token was refused, and why it may have been: a clock, or a secret."""
    told = f"The API refuses this worker's token ({response.text[:200]})"
    there = clocks.told_by(response)
    if there is None or abs(there - now) <= clocks.RESOLUTION_S:
        return f"{told}; both need the same GAMEHALL_SECRET, or the same GAMEHALL_HOME."
    return (
        f"{told}; its clock is {clocks.compared(there, now)}: set the clocks of both machines, or"
        " raise GAMEHALL_CLOCK_LEEWAY_SECONDS there."
    )


def _not_understood(response: httpx.Response) -> VerdictMessage:
    detail = f"The API does not take the command: {response.text[:1_000]}"
    return VerdictMessage(
        refusal=RefusalBody(type="not-understood", status=response.status_code, detail=detail)
    )

"""Limits as the reference names them, and requests that no client sends."""

import asyncio
import re
from typing import Any, NamedTuple

from tests.docs.markdown import ROOT
from tests.http.conftest import Api
from tests.http.serving import HOST

PAGE = ROOT / "docs/reference/http.md"
JOIN = "/api/v1/waitroom/join"


class Limit(NamedTuple):
    """A row of the table: what is limited, the numbers that say how much, what happens beyond."""

    what: str
    most: list[int]
    beyond: str


def table() -> list[Limit]:
    """The limits that the reference names."""
    (text,) = re.findall(
        r"<!-- from the code: limits -->(.*?)<!-- end -->", PAGE.read_text(), re.DOTALL
    )
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.split("\n")[4:-2]]
    return [
        Limit(what, [int(n.replace(",", "")) for n in re.findall(r"\d[\d,]*\b", much)], beyond)
        for what, much, beyond in rows
    ]


class Asked:
    """A request to the application without a client, from an address of its own choice."""

    def __init__(
        self,
        api: Api,
        receive: Any,
        *,
        token: bool = True,
        address: str = HOST,
        path: str = JOIN,
        ours: bool = False,
    ) -> None:
        headers = [(b"content-type", b"application/json"), (b"transfer-encoding", b"chunked")]
        if token:
            headers.append((b"authorization", api.token("ann")["authorization"].encode()))
        if ours:
            headers.append((b"sec-fetch-site", b"same-origin"))
        scope: Any = {"type": "http", "method": "POST", "path": path, "headers": headers}
        scope |= {"client": (address, 50_000), "query_string": b"", "root_path": ""}
        self.sent: list[Any] = []
        self.task = asyncio.ensure_future(api.doors.public(scope, receive, self._send))

    async def _send(self, message: Any) -> None:
        self.sent.append(message)

    async def status(self) -> str:
        await self.task
        return str(self.sent[0]["status"])


async def silence() -> Any:
    return await asyncio.Future()

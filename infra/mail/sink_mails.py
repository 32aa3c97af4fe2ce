"""Asking the sink for the mails that it keeps, in its own words (see `infra.mail.sink`)."""

import asyncio
from asyncio import StreamReader, StreamWriter
from base64 import b64decode, b64encode
from collections.abc import Sequence
from contextlib import closing

import msgspec

from application.ports.kept_mails import KeptMail
from infra.mail.smtp import way_to

ANSWER_TIMEOUT_S = 5.0


class SinkMails:
    """Implements `ports.kept_mails.KeptMails`.

    A client of SMTP takes answers of some thousand bytes, and this one is longer.
    """

    def __init__(self, url: str) -> None:
        self._way = way_to(url)

    async def last(self) -> Sequence[KeptMail]:
        """See the port."""
        async with asyncio.timeout(ANSWER_TIMEOUT_S):
            reader, writer = await asyncio.open_connection(self._way.host, self._way.port)
            with closing(writer):
                return await self._ask(reader, writer)

    async def _ask(self, reader: StreamReader, writer: StreamWriter) -> Sequence[KeptMail]:
        word = b64encode(f"\0{self._way.user}\0{self._way.password}".encode()).decode()
        await _answer(reader)
        told = ""
        for line in ("EHLO here", f"AUTH PLAIN {word}", "XMAILS"):
            writer.write(f"{line}\r\n".encode())
            told = await _answer(reader)
        return msgspec.json.decode(b64decode(told), type=list[KeptMail])


async def _answer(reader: StreamReader) -> str:
    """The text of an answer; raises `ConnectionError` where it is no, or none."""
    told, goes_on = "", True
    while goes_on:
        line = (await reader.readline()).decode()
        if not line.startswith("2"):
            raise ConnectionError(f"The sink of mails answered {line[:3]!r}.")
        goes_on, told = line[3:4] == "-", told + line[4:].strip()
    return told

"""Avatars: pictures of people, in two sizes, under names that nobody guesses."""

import asyncio
import base64
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Literal

from application.ports.objects import Objects
from application.ports.people import Execute, Knowledge
from domain.refusals import Refusal

Size = Literal["64", "256"]
SIZES: tuple[Size, ...] = ("64", "256")
"""Pixels on each side."""

AT_ONCE = 2
"""Pictures that a process looks into at a time: each may take 64 MB."""

LEFT_BEHIND = timedelta(minutes=10)
"""A file that is so old and is not of the avatar was left by another one, or by a crash."""

Render = Callable[[bytes], Mapping[Size, bytes]]
"""Makes WebP files of a picture; blocking. Raises `PictureRefused`."""


class PictureRefused(Refusal, type="not-a-picture", status=422):
    """The body is no picture that can be an avatar."""


class Avatars(Knowledge):
    """The files of everybody's avatar; which one is somebody's, their account says."""

    name = "avatars"
    holds = "your pictures, also those that another one has taken the place of"
    forgets = "every picture"

    def __init__(self, objects: Objects, render: Render) -> None:
        self._objects = objects
        self._render = render
        self._turns = asyncio.Semaphore(AT_ONCE)

    async def add(self, user_id: str, picture: bytes) -> str:
        """Keep the files of a picture; gives the name that they have from now on.

        Raises `PictureRefused` and `Unavailable`.
        """
        async with self._turns:
            files = await asyncio.to_thread(self._render, picture)
        name = secrets.token_hex(16)
        for size, file in files.items():
            await self._objects.put(_path(user_id, name, size), file)
        return name

    async def file(self, user_id: str, name: str, size: Size) -> bytes | None:
        """A file of an avatar; raises `Unavailable`."""
        return await self._objects.get(_path(user_id, name, size))

    async def tidy(self, user_id: str, name: str | None) -> None:
        """Delete what is not of the avatar of this name, unless somebody has just added it."""
        before = datetime.now(UTC) - LEFT_BEHIND
        for path, at in (await self._objects.names(_folder(user_id))).items():
            is_current = name is not None and path.startswith(_folder(user_id) + name)
            if not is_current and (name is None or at < before):
                await self._objects.delete(path)

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        """See `Knowledge`."""
        paths = await self._objects.names(_folder(user_id))
        for path in paths:
            await self._objects.delete(path)
        return len(paths)

    async def records(self, user_id: str) -> AsyncIterator[Any]:
        """See `Knowledge`."""
        for path, at in (await self._objects.names(_folder(user_id))).items():
            file = await self._objects.get(path)
            if file is not None:
                name = path.rpartition("/")[2]
                yield {"file": name, "at": at, "base64": base64.b64encode(file).decode()}


def _folder(user_id: str) -> str:
    """Where somebody's files are; an id may have characters that no path has."""
    return f"avatars/{blake2b(user_id.encode(), digest_size=16).hexdigest()}/"


def _path(user_id: str, name: str, size: Size) -> str:
    return f"{_folder(user_id)}{name}-{size}.webp"

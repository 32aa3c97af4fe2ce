"""The running service, as a shop's server sees it."""

import uuid
from collections.abc import Iterator, Sequence
from itertools import cycle
from typing import Any

import httpx
import rich_click as click

from bench.load import post
from interfaces.settings import load
from interfaces.tokens import Tokens


class Hall:
    """Where the hall of the settings is, and a token for it."""

    def __init__(self) -> None:
        self.settings = load()
        self.host, self.port = self.settings.host, self.settings.port
        self.token = Tokens(self.settings.signing_secret()).issue("bench", "service")
        self._client = httpx.Client(
            base_url=self.settings.base_url, headers={"Authorization": f"Bearer {self.token}"}
        )

    def post(self, path: str, body: Any) -> Any:
        """Send one request and give the answer's body."""
        try:
            answer = self._client.post(path, json=body)
        except httpx.ConnectError as error:
            raise click.ClickException(
                f"Nothing answers at {self.settings.base_url}; start the hall with `make run`."
            ) from error
        answer.raise_for_status()
        return answer.json()

    def get(self, path: str) -> Any:
        """Ask for something and give the answer's body."""
        return self._client.get(path).raise_for_status().json()

    def metric(self, name: str) -> float:
        """A figure without labels of an API process."""
        told = self._client.get("/metrics").text.splitlines()
        return next(float(line.split()[1]) for line in told if line.startswith(f"{name} "))

    def open_room(self, capacity: int = 10) -> str:
        """Open a room that nobody else uses."""
        room = f"bench-{uuid.uuid4().hex[:12]}"
        body = {"event_id": room, "capacity": capacity, "checkout_seconds": 3_600}
        self.post("/api/v1/waitroom", body)
        return room

    def join(self, room: str, user: str) -> Any:
        """Let one user join and give the place."""
        return self.post("/api/v1/waitroom/join", {"event_id": room, "user_id": user})

    def looks(self, sessions: Sequence[str]) -> Iterator[bytes]:
        """Requests for where one session after the other stands, as they go over the wire."""
        for session in cycle(sessions):
            yield (
                f"GET /api/v1/waitroom/sessions/{session} HTTP/1.1\r\nHost: {self.host}\r\n"
                f"Authorization: Bearer {self.token}\r\n\r\n"
            ).encode()

    def joins(self, room: str) -> Iterator[bytes]:
        """Requests of ever more users to join a room, as they go over the wire."""
        number = 0
        while True:
            number += 1
            body = b'{"user_id":"user-%d","event_id":"%s","priority":0}' % (number, room.encode())
            yield post(self.host, "/api/v1/waitroom/join", self.token, body)

"""Who is signed in, and how often somebody tried, in memory."""

from collections import Counter
from datetime import UTC, datetime

import psycopg

from application.ports.sign_ins import SignIn


class FakeSignIns:
    """Keeps sign-ins as PostgreSQL does; `away` is a server that does not answer."""

    def __init__(self) -> None:
        self.rows: dict[bytes, SignIn] = {}
        self.ended: set[bytes] = set()
        self.used: set[str] = set()
        self.looks = 0
        self.away = False

    async def begin(self, digest: bytes, sign_in: SignIn, once: str | None = None) -> bool:
        self._require()
        if once is not None and once in self.used:
            return False
        self.used |= {once} if once else set()
        self.rows[digest] = sign_in
        return True

    async def find(self, digest: bytes) -> SignIn | None:
        self._require()
        self.looks += 1
        found = self.rows.get(digest)
        if found is None or digest in self.ended or found.expires_at <= datetime.now(UTC):
            return None
        return found

    async def end(self, digest: bytes) -> None:
        self._require()
        self.ended.add(digest)

    def _require(self) -> None:
        if self.away:
            raise psycopg.OperationalError("nobody is there")


class FakeTries:
    """Counts for ever."""

    def __init__(self) -> None:
        self.tried: Counter[str] = Counter()

    async def may_try(self, name: str, most: int, seconds: int) -> bool:
        assert seconds > 0
        self.tried[name] += 1
        return self.tried[name] <= most

"""Who is signed in, and how often somebody tried, in memory."""

from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec
import psycopg

from application.ports.sign_ins import OfPeople, SeenSignIn, SignIn


class FakeSignIns:
    """Keeps sign-ins as PostgreSQL does; `away` is a server that does not answer."""

    def __init__(self) -> None:
        self.rows: dict[bytes, SignIn] = {}
        self.ended: set[bytes] = set()
        self.used: set[str] = set()
        self.looks = 0
        self.away = False
        self.clock: Callable[[], datetime] = lambda: datetime.now(UTC)

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
        if found is None or digest in self.ended or found.expires_at <= self.clock():
            return None
        return found

    async def end(self, digest: bytes) -> None:
        self._require()
        self.ended.add(digest)

    async def of_user(self, user_id: str, scope: OfPeople) -> list[SeenSignIn]:
        self._require()
        found = [self.rows[digest] for digest in self._of(user_id, scope)]
        found.sort(key=lambda each: each.began_at, reverse=True)
        return [SeenSignIn(**msgspec.structs.asdict(each), seen_at=each.began_at) for each in found]

    async def end_of(
        self, user_id: str, scope: OfPeople, *, only: str | None = None, but: str | None = None
    ) -> list[bytes]:
        self._require()
        ended = [
            digest
            for digest in self._of(user_id, scope)
            if only in (None, self.rows[digest].id) and self.rows[digest].id != but
        ]
        self.ended.update(ended)
        return ended

    def _of(self, user_id: str, scope: OfPeople) -> list[bytes]:
        now = self.clock()
        return [
            digest
            for digest, row in self.rows.items()
            if (row.user_id, row.scope) == (user_id, scope)
            and row.expires_at > now
            and digest not in self.ended
        ]

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

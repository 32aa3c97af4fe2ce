"""What families know of people, in memory."""

from collections.abc import AsyncIterator
from typing import Any

from application.personal import concerns, told_to
from application.ports.commands import Unavailable
from application.ports.people import Execute, Knowledge
from application.subjects.erasure import GoesLater
from domain.categories import CATEGORIES
from infra.eventlog.people import STAYS
from infra.sign_ins import SignInsOfPeople
from infra.subjects.people import KeysOfPeople
from tests.http.fakes.log import FakeLog
from tests.http.fakes.sign_ins import FakeSignIns
from tests.http.fakes.subjects import FakeSeals

LATER = [GoesLater(place="user-events", what="what becomes of accounts", hours=168)]
OF_PEOPLE = {event for c in CATEGORIES for event, by in c.evolvers.items() if by.of_people}


class LogInMemory(Knowledge):
    """Every log as one."""

    name = "log"
    holds = "every event that names you"
    stays = STAYS

    def __init__(self, log: FakeLog, seals: FakeSeals) -> None:
        self._log, self._seals = log, seals

    async def records(self, user_id: str) -> AsyncIterator[Any]:
        for events in [*self._log.events.values()]:
            for recorded in events:
                of_people = type(recorded.event) in OF_PEOPLE
                if concerns(recorded, user_id, of_people=of_people):
                    yield told_to(recorded, user_id, self._seals.open)


class KeysInMemory(Knowledge):
    """Real keys on a topic in memory."""

    name = "keys"
    forgets = KeysOfPeople.forgets

    def __init__(self, seals: FakeSeals) -> None:
        self._seals = seals

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        if self._seals.away:
            raise Unavailable("Kafka is away.")
        count = len(self._seals.ring.ids(user_id))
        self._seals.erase(user_id)
        return count


class FakeSignInsOfPeople(Knowledge):
    """Where somebody is signed in, with no database."""

    name = "sign-ins"
    forgets = SignInsOfPeople.forgets
    last = True
    merges = "sign-ins, which have ended"

    def __init__(self, sign_ins: FakeSignIns) -> None:
        self._sign_ins = sign_ins

    async def merge(self, guest: str, into: str, by: str, execute: Execute) -> int:
        return len(await self._sign_ins.end_of(guest, "player"))

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        rows = self._sign_ins.rows
        found = [digest for digest, each in rows.items() if each.user_id == user_id]
        for digest in found:
            del rows[digest]
        return len(found)

"""Keys of people, in memory."""

from application.ports.commands import Unavailable
from domain.personal import HALL, Sealed
from infra.subjects.keyring import Keyring


class FakeSeals:
    """Real keys, on a topic in memory that holds every record at once."""

    def __init__(self) -> None:
        self.ring = Keyring()
        self.away = False

    async def seal(self, subject: str, text: str) -> Sealed:
        if self.away:
            raise Unavailable("Kafka is away.")
        if not self.ring.ids(subject):
            self.ring.receive(*self.ring.make(subject), 0)
        sealed = self.ring.seal(subject, text)
        assert sealed is not None
        return sealed

    async def digest(self, text: str) -> str:
        await self.seal(HALL, text)  # which makes a key
        return self.ring.digest(text) or ""

    def open(self, sealed: Sealed) -> str | None:
        return self.ring.open(sealed)

    def erase(self, subject: str) -> None:
        for key in self.ring.records_of(subject):
            self.ring.receive(key, None, 0)

"""What has been done already, for all processes together."""


class FakeOnce:
    """Remembers for ever; `away` is a server that does not answer."""

    def __init__(self) -> None:
        self.names: dict[str, int] = {}
        self.away = False

    async def first(self, name: str, seconds: int) -> bool:
        if self.away:
            raise ConnectionError(f"nobody knows of {name} within {seconds} seconds")
        if name in self.names:
            return False
        self.names[name] = seconds
        return True


class FakeOffers:
    """Keeps for ever who has offered what."""

    def __init__(self) -> None:
        self.offered: dict[str, set[str]] = {}

    async def add(self, name: str, user_id: str, seconds: int) -> None:
        assert seconds > 0
        self.offered.setdefault(name, set()).add(user_id)

    async def users(self, name: str) -> set[str]:
        return self.offered.get(name, set())

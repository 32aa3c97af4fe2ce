"""Feeds to tell stories of."""

from typing import Any

from domain.feed.commands import AddEntry, SettleEntry
from domain.feed.person_feed import PersonFeed
from tests.given import Story, given

ADA = "ada"


def adding(seq: int, kind: str = "game-found", about: str = "game", **told: Any) -> AddEntry:
    """Ada is told something because of the event `seq` of a shard."""
    return AddEntry(
        **{"user_id": ADA, "kind": kind, "about": about, "source": f"game-log/3@{seq}"} | told
    )


def asking(seq: int, about: str = "game", **told: Any) -> AddEntry:
    """Ada is to move."""
    return adding(seq, "your-move", about, pending=True, **told)


def settling(seq: int, about: str = "game") -> SettleEntry:
    """Ada has moved."""
    return SettleEntry(user_id=ADA, kind="your-move", about=about, source=f"game-log/3@{seq}")


def feed(*commands: Any) -> Story:
    """Ada's feed after these."""
    return given(PersonFeed(ADA), *commands)

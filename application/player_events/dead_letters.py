"""Dead letters of players' events: looked at, edited, retried, dropped."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Protocol

import msgspec

from application.player_events.repair import Repair, Repairing
from application.ports.commands import Unavailable
from application.ports.projections import Change
from domain.events import Position
from domain.player_events.event import PlayerEvent
from domain.player_events.letters import (
    ENDS,
    NO_EVENT,
    DeadLetter,
    DeadLetterDecided,
    DeadLetterNotFound,
    Decision,
    Verb,
)

DECISION_TIMEOUT_S = 5.0
"""Seconds that a decision may take to show; the worker is behind by milliseconds."""


Publish = Callable[[Sequence[PlayerEvent]], object]
"""Appends to the log of players' events, in this order; durable on return. Blocking."""

Preview = Callable[[Sequence[PlayerEvent]], Sequence[Change]]
"""What events would change if they were published, in this order. Blocking."""


class Letters(Protocol):
    """The letters as they are; may raise that there is no read model."""

    async def letter(self, id: str) -> DeadLetter | None:
        """A letter, or None."""

    async def wait_for(self, position: Position, timeout: float) -> bool:  # noqa: ASYNC109
        """Wait until a record is taken in; False when `timeout` seconds have gone by."""


class Decisions(Protocol):
    """Where decisions are written."""

    def append(self, verb: Verb, decided: Sequence[tuple[DeadLetter, Decision]]) -> list[Position]:
        """Append a decision on each letter; durable on return. Blocking; raises `Unavailable`."""


class DeadLetterRepairs:
    """Decides on dead letters.

    A decision is a record behind its letter, so whoever reads the letters again comes to the same.
    What is retried is durable in the log of players' events before that is noted: a crash between
    the two leaves the letter open, and to retry it again changes nothing.

    Each method raises `DeadLetterNotFound`; those that decide raise `DeadLetterDecided` for letters
    that are not open any more, and `Unavailable` when nobody can say what came of it.
    """

    def __init__(
        self,
        letters: Letters,
        decisions: Decisions,
        repairing: Repairing,
        publish: Publish,
        preview: Preview,
    ) -> None:
        self._letters = letters
        self._decisions = decisions
        self._repairing = repairing
        self._publish = publish
        self._preview = preview

    async def show(self, id: str) -> DeadLetter:
        """A letter; its id may be written with colons, as in an address."""
        letter = await self._letters.letter(id.replace(":", "/"))
        if letter is None:
            raise DeadLetterNotFound(f"There is no dead letter {id}.")
        return letter

    async def edit(self, id: str, repair: Repair, by: str) -> DeadLetter:
        """Put a repaired event in the place of the original, for when it is retried.

        Raises `InvalidEvent` too.
        """
        letter = await self._open(id)
        event = self._repairing.edited(letter, repair)
        (edited,) = await self._decide("edit", by, [letter], {letter.id: event})
        return edited

    async def drop(self, ids: Sequence[str], by: str) -> Sequence[DeadLetter]:
        """Give letters up."""
        return await self._decide("drop", by, await self._all_open(ids), {})

    async def retry(self, ids: Sequence[str], by: str) -> Sequence[DeadLetter]:
        """Publish the events of letters, in the order of their own times.

        All or none of them: raises `DeadLetterUnrepaired` where one has to be edited first.
        """
        letters = await self._all_open(ids)
        await asyncio.to_thread(self._publish, self._records(letters, by))
        edited = {letter.id: letter.edited_event for letter in letters}
        events = {id: msgspec.Raw(text.encode()) for id, text in edited.items() if text}
        return await self._decide("retry", by, letters, events)

    async def preview(self, ids: Sequence[str], by: str) -> Sequence[Change]:
        """What `retry` would change; raises what it does."""
        records = self._records(await self._all_open(ids), by)
        return await asyncio.to_thread(self._preview, records)

    def _records(self, letters: Sequence[DeadLetter], by: str) -> list[PlayerEvent]:
        now = datetime.now(UTC)
        made = [self._repairing.record(letter, by, now) for letter in letters]
        return [record for _, record in sorted(made, key=lambda each: each[0])]

    async def _all_open(self, ids: Sequence[str]) -> Sequence[DeadLetter]:
        letters = [await self._open(id) for id in ids]
        return list({letter.id: letter for letter in letters}.values())

    async def _open(self, id: str) -> DeadLetter:
        letter = await self.show(id)
        if letter.status != "open":
            raise DeadLetterDecided(f"{letter.decided_by} has {letter.status} the letter {id}.")
        return letter

    async def _decide(
        self,
        verb: Verb,
        by: str,
        letters: Sequence[DeadLetter],
        events: Mapping[str, msgspec.Raw],
    ) -> Sequence[DeadLetter]:
        decided = [
            (
                letter,
                Decision(by=by, attempt=letter.attempts, event=events.get(letter.id, NO_EVENT)),
            )
            for letter in letters
        ]
        positions = await asyncio.to_thread(self._decisions.append, verb, decided)
        for position in {position[:2]: position for position in positions}.values():
            if not await self._letters.wait_for(position, DECISION_TIMEOUT_S):
                raise Unavailable(
                    f"The decision stands at {position}, but does not show yet; "
                    "look whether the worker dead-letters runs."
                )
        return [await self._effect(verb, letter.id) for letter in letters]

    async def _effect(self, verb: Verb, id: str) -> DeadLetter:
        """The letter as it has become; it may have failed again, or somebody else was first."""
        letter = await self.show(id)
        if letter.status not in {"open", ENDS.get(verb)}:
            raise DeadLetterDecided(f"{letter.decided_by} {letter.status} the letter {id} first.")
        return letter

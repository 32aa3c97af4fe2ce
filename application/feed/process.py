"""Feed, a process manager: what features tell people of what happens comes into their feeds."""

from collections import Counter
from collections.abc import Iterator, Mapping, MutableMapping, Sequence

import msgspec

from application.entries import EntrySettled, NewEntry, Remembered, Tellings
from application.ports.commands import Envelope
from application.process_state import ProcessState
from domain.events import Recorded
from domain.feed.commands import AddEntry, SettleEntry

NAME = "feed"


class OfFeature(MutableMapping[str, Remembered]):
    """What one feature remembers, among what all do: its keys begin with its word."""

    def __init__(self, word: str, state: ProcessState[Remembered]) -> None:
        self._prefix = f"{word}/"
        self._state = state

    def __getitem__(self, key: str) -> Remembered:
        return self._state[self._prefix + key]

    def __setitem__(self, key: str, remembered: Remembered) -> None:
        self._state[self._prefix + key] = remembered

    def __delitem__(self, key: str) -> None:
        del self._state[self._prefix + key]

    def __iter__(self) -> Iterator[str]:
        own = (key for key in self._state if key.startswith(self._prefix))
        return (key.removeprefix(self._prefix) for key in own)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class FeedProcess:
    """Adds entries to feeds, and settles them; `feeds` are what features tell, by their words.

    Its commands may be repeated for ever, and out of order: a feed knows what has led to an entry,
    also when the log has forgotten the command.
    """

    def __init__(self, feeds: Mapping[str, Tellings]) -> None:
        self.state = ProcessState(Remembered)
        self._feeds = [(feed, OfFeature(word, self.state)) for word, feed in feeds.items()]

    def fold(self, recorded: Recorded) -> None:
        """Take note of an event without reacting to it."""
        self._told(recorded)

    def react(self, recorded: Recorded) -> list[Envelope]:
        """Fold an event and say what it leads to: a command for each entry, with an id of its own.

        The first has the event's id, and every other one that with its number.
        """
        commands = _commands_for(recorded, self._told(recorded))
        issued = [Envelope.because_of(recorded, each, process=NAME) for each in commands]
        return [
            msgspec.structs.replace(each, command_id=f"{each.command_id}:{n}") if n else each
            for n, each in enumerate(issued)
        ]

    def after_refusal(self, _envelope: Envelope) -> list[Envelope]:
        """Nothing; none of its commands is refused."""
        return []

    def _told(self, recorded: Recorded) -> list[NewEntry | EntrySettled]:
        topic, event = recorded.position.topic, recorded.event
        return [
            each
            for feed, memory in self._feeds
            if topic in feed.topics
            for each in feed.tell(event, memory)
        ]


def _commands_for(
    recorded: Recorded, all_told: Sequence[NewEntry | EntrySettled]
) -> Iterator[AddEntry | SettleEntry]:
    source, seen = str(recorded.position), Counter[str]()
    for each in all_told:
        if isinstance(each, EntrySettled):
            yield SettleEntry(**each._asdict(), source=source)
        else:
            told = {**each._asdict(), "data": dict(each.data)}
            yield AddEntry(**told, source=source, index=seen[each.user_id])
            seen[each.user_id] += 1

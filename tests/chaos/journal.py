"""What clients asked, what they were answered, and whether the log agrees with it."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from domain.events import Recorded
from domain.waitroom.events import WaitroomJoined

Commits = Mapping[str, Sequence[Recorded]]
"""The events of the log by the command that they came of."""


class Accepted(NamedTuple):
    """The answer to a command that was not refused."""

    position: str
    reply: dict[str, Any]


class Refused(NamedTuple):
    """The type of the problem that a command was answered with."""

    type: str


@dataclass
class Journal:
    """Every command that was answered, by its id, and how often one had to be asked again."""

    answers: dict[str, Accepted | Refused] = field(default_factory=dict)
    repetitions: int = 0


def differences(journal: Journal, log: Sequence[Recorded]) -> list[str]:
    """Each way in which the log is not what the clients were told, as a sentence."""
    commits: dict[str, list[Recorded]] = defaultdict(list)
    for recorded in log:
        commits[recorded.command_id].append(recorded)
    return [*_of_answers(journal, commits), *_of_tickets(journal, log), *_of_versions(log)]


def _of_answers(journal: Journal, commits: Commits) -> Iterator[str]:
    for id, answer in journal.answers.items():
        found = commits.get(id, ())
        if isinstance(answer, Refused):
            if found:
                yield f"{id} was refused ({answer.type}) and is in the log at {_places(found)}"
        elif not found:
            yield f"{id} was answered at {answer.position} and is not in the log"
        elif _places(found) != _one_commit_up_to(answer.position, len(found)):
            yield f"{id} was answered at {answer.position} and is in the log at {_places(found)}"
        elif twice := _repeated(recorded.event.wire_name() for recorded in found):
            yield f"{id} did more than once: {twice}"


def _of_tickets(journal: Journal, log: Iterable[Recorded]) -> Iterator[str]:
    """Tickets of a room count its joins in the order of the log, and were told that way."""
    joins: Counter[str] = Counter()
    for event, position, id, _ in log:
        if isinstance(event, WaitroomJoined):
            joins[event.originator_id] += 1
            if event.ticket != joins[event.originator_id]:
                yield f"{position} has ticket {event.ticket}, not {joins[event.originator_id]}"
            told = journal.answers.get(id)
            if isinstance(told, Accepted) and not _is_told(event, told.reply):
                yield f"{id} was told {told.reply}, and the log has {event}"


def _is_told(event: WaitroomJoined, reply: Mapping[str, Any]) -> bool:
    return (event.ticket, event.session_id) == (reply["ticket"], reply["session_id"])


def _of_versions(log: Iterable[Recorded]) -> Iterator[str]:
    """Versions of an aggregate are dense, in the order of the log."""
    versions: Counter[str] = Counter()
    for event, position, _, _ in log:
        versions[event.originator_id] += 1
        if event.originator_version != versions[event.originator_id]:
            yield f"{position} has version {event.originator_version} of {event.originator_id}"


def _places(found: Iterable[Recorded]) -> list[str]:
    return [str(recorded.position) for recorded in found]


def _one_commit_up_to(last: str, count: int) -> list[str]:
    shard, _, seq = last.rpartition("@")
    return [f"{shard}@{number}" for number in range(int(seq) - count + 1, int(seq) + 1)]


def _repeated(names: Iterable[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]

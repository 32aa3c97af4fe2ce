"""The shard's code without one of its rules, rule by rule.

docs/explanation/the-log.md has them as a table, with what goes wrong without each.
"""

from typing import NamedTuple

from tests.eventlog.simulation.code import Code, without
from tests.eventlog.simulation.weather import ECHO, MISLED, Theme


class Mutant(NamedTuple):
    """A rule, and the changes to a module that take it away.

    Where that seldom matters, `theme` is the weather in which it matters most, and `soonest` the
    seed of a schedule in which it does, which is tried first.
    """

    rule: str
    module: str
    changes: tuple[tuple[str, str], ...]
    theme: Theme | None = None
    soonest: int = 0

    def code(self) -> Code:
        """The code without the rule."""
        return without(self.module, *self.changes)


def _mutant(
    rule: str,
    module: str,
    *changes: tuple[str, str],
    theme: Theme | None = None,
    soonest: int = 0,
) -> Mutant:
    return Mutant(rule, module, changes, theme, soonest)


EPOCH = "self._epoch = self._claimed = max(self.gate.epoch, self._claimed) + 1"
NEWER_CLAIM_IN_FLIGHT = "elif accepted and self._in_flight:"
NEWER_CLAIM = "elif accepted and self.role is Role.OWNER:"
START_OVER = "            self._forget()\n        else:"
GIVE_UP = 'in_flight.give_up(NotOwned, f"The shard'
CONFIRM = "self._commit(empty, Metadata(), (), None, monotonic)\n"
ANSWER = "        self._in_flight.answer(pending.done, verdict)\n"

MUTANTS = (
    _mutant(
        "a claim needs a higher epoch",
        "gate",
        ("if epoch <= self.epoch:", "if epoch < 0:"),
        soonest=337,
    ),
    _mutant(
        "a commit needs the epoch of the claim",
        "gate",
        ("if epoch != self.epoch or owner != self.owner:", "if owner != self.owner:"),
        soonest=494,
    ),
    _mutant(
        "a commit needs the next sequence number",
        "gate",
        ("if seq != self.next_seq:", "if seq < 0:"),
    ),
    _mutant(
        "an owner has read its claim back",
        "shard",
        (f"{EPOCH}\n", f"{EPOCH}\n        self._take_over()\n"),
        (NEWER_CLAIM_IN_FLIGHT, "elif accepted and self._in_flight and not ours:"),
        (NEWER_CLAIM, "elif accepted and self.role is Role.OWNER and not ours:"),
    ),
    _mutant(
        "nobody claims an epoch twice",
        "shard",
        (EPOCH, "self._epoch = self.gate.epoch + 1"),
        theme=MISLED,
        soonest=243,
    ),
    _mutant(
        "who reads a newer claim owns no more",
        "shard",
        (NEWER_CLAIM, "elif False:"),
    ),
    _mutant(
        "what was decided in vain is forgotten",
        "shard",
        (NEWER_CLAIM_IN_FLIGHT, "elif False:"),
        ('self.start_over("a commit of this process was refused")\n            return', "pass"),
    ),
    _mutant(
        "who claims has nothing in flight",
        "shard",
        ("        if self._in_flight:\n            # Rel", "        if False:\n            # Rel"),
        soonest=812,
    ),
    _mutant(
        "commits that come back out of order are given up",
        "shard",
        ('self.start_over("a commit of this process came back out of order")', "pass"),
    ),
    _mutant(
        "who starts over forgets everything",
        "shard",
        (
            START_OVER,
            "            fold, answers = self.fold, self._answers\n"
            "            self._forget()\n"
            "            self.fold, self._answers = fold, answers\n"
            "        else:",
        ),
    ),
    _mutant(
        "who starts over tells those who wait",
        "shard",
        (GIVE_UP, GIVE_UP.replace("in_flight", "InFlight()")),
    ),
    _mutant(
        "a success is answered after the read-back",
        "shard",
        (
            "commit.waiting.append((pending.done, Answer(",
            "(lambda a: a[0](a[1]))((pending.done, Answer(",
        ),
    ),
    _mutant(
        "an answer without events waits for what is in flight",
        "shard",
        (
            f"{CONFIRM}{ANSWER}",
            f"{CONFIRM}    {ANSWER}            return\n        pending.done(verdict)\n",
        ),
    ),
    _mutant(
        "a repeated answer waits for what is in flight",
        "shard",
        (f"            )\n{ANSWER}", "            )\n        pending.done(verdict)\n"),
    ),
    _mutant(
        "a confirmed answer waits for an empty commit",
        "shard",
        ("if pending.envelope.command.confirmed:", "if False:"),
    ),
    _mutant(
        "no empty commit is like another",
        "shard",
        ('empty = f"confirmation/{self._confirmations}"', 'empty = ""'),
        theme=ECHO,
        soonest=163,
    ),
    _mutant(
        "command ids are remembered",
        "shard",
        ("self._answers.follow(commit)", "pass"),
    ),
    _mutant(
        "command ids in flight are remembered",
        "shard",
        ("self._answers.remember(record)", "pass"),
    ),
    _mutant(
        "a commit is published once",
        "shard",
        ("if commit.seq > self._published:", "if True:"),
    ),
    _mutant(
        "who takes over has the deadlines of the fold",
        "shard",
        ("for aggregate in self.fold:", "for aggregate in ():"),
    ),
    _mutant(
        "each deadline has a command id of its own",
        "shard",
        ('f"deadline/{aggregate.id}/{aggregate.version}"', 'f"deadline/{aggregate.id}/"'),
    ),
    _mutant(
        "time in a shard does not run backwards",
        "fold",
        ("if self.latest is None or now > self.latest:", "if True:"),
    ),
    _mutant(
        "what has been evicted is not begun anew",
        "fold",
        ("if (not looked or id in self._idle) and", "if False and"),
    ),
    _mutant(
        "what happens to the evicted waits for it",
        "fold",
        ("        if id in self._idle:", "        if False:"),
    ),
    _mutant(
        "what comes back is moved on by what has happened",
        "fold",
        (
            "            aggregate.evolve(event)\n        self.keep",
            "            pass\n        self.keep",
        ),
    ),
    _mutant(
        "nothing leaves that its snapshot has not seen",
        "fold",
        ("(aggregate and aggregate.version != place.version)", "False"),
    ),
    _mutant(
        "an older snapshot does not take the place of a newer one",
        "fold",
        ("if known is None or place.is_newer(known):", "if True:"),
    ),
    _mutant(
        "a newer snapshot leaves what it has not seen",
        "fold",
        ("if e.originator_version > version", "if False"),
        soonest=48,
    ),
    _mutant(
        "a newer snapshot takes away what it has seen",
        "fold",
        ("if e.originator_version > version", "if True"),
    ),
    _mutant(
        "a snapshot counts once the log has been read as far",
        "snapshots.evictions",
        ("self._seen[0].seq <= shard.gate.next_seq", "self._seen"),
        soonest=51,
    ),
    _mutant(
        "what comes back is the snapshot that is known",
        "snapshots.evictions",
        ("if place.offset != lookup.offsets[-1]:", "if False:"),
        ("found.key == whole_key(id, place.version)", "True"),
        soonest=633,
    ),
    _mutant(
        "what has a deadline is not evicted",
        "snapshots.records",
        ("aggregate.deadline is None and ", ""),
    ),
    _mutant(
        "who takes over has the deadlines of the evicted",
        "shard",
        ("if self.fold.unfolded:", "if False:"),
    ),
    _mutant(
        "what has been looked for in vain is looked for again",
        "snapshots.evictions",
        (
            "        if id in self._shard.fold.unfolded:\n            self._w",
            "        if False:\n            self._w",
        ),
        soonest=576,
    ),
    _mutant(
        "what comes back to an owner has its deadline",
        "shard",
        (
            "bring_back(aggregate)\n        if self.role is Role.OWNER:",
            "bring_back(aggregate)\n        if False:",
        ),
    ),
)

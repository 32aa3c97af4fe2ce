"""A worker of some rules that is killed at a step: `python -m tests.effects.killed STEP < RULES`.

It is put together as the worker `effects` is, beside a lock, which does not matter here: it is the
lines that say who may do what. Standard input holds the rules, a line of JSON for each. Where STEP
is none of those in `STEPS`, it works until it is told to end. `EFFECT_SECONDS` of the environment
are what each effect may take, in place of what it may in a hall.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from functools import partial
from unittest.mock import patch

import msgspec

from application.effects.crew import Crew
from application.effects.lines import Lines
from application.effects.ports import Effect
from application.effects.rules import RuleOrders
from application.envelopes import VerdictMessage
from application.ports.commands import Envelope
from application.ports.deliveries import Delivery
from infra.effects.posting import PATIENCE_S
from interfaces import logs
from interfaces.bootstrap.effects import worker
from interfaces.bootstrap.effects.adapters import adapters
from interfaces.settings import load

STEPS = ("before attempt", "after attempt", "in the middle", "before settle", "after settle")

Execute = Callable[[Sequence[Envelope]], Sequence[VerdictMessage]]


class Mine:
    """Where it dies: at one step, once effects of every rule have come there."""

    def __init__(self, step: str, rules: int) -> None:
        self._step = step
        self._all = threading.Barrier(rules)

    def passes(self, step: str) -> None:
        """Come to a step, and wait there for the others."""
        if step == self._step:
            self._all.wait()
            os.kill(os.getpid(), signal.SIGKILL)

    def executing(
        self, execute: Execute, envelopes: Sequence[Envelope]
    ) -> Sequence[VerdictMessage]:
        """Ask for decisions; those about lines without effects are no step."""
        word = _word(envelopes)
        self.passes(f"before {word}")
        verdicts = execute(envelopes)
        self.passes(f"after {word}")
        return verdicts

    def performing(
        self, perform: Callable[[Sequence[Effect]], Sequence[Delivery]], effects: Sequence[Effect]
    ) -> Sequence[Delivery]:
        """Perform half, pass the middle, and perform the rest."""
        half = len(effects) // 2
        first = perform(effects[:half])
        if effects:
            self.passes("in the middle")
        return [*first, *perform(effects[half:])]


def _word(envelopes: Sequence[Envelope]) -> str:
    commands = [each.command for each in envelopes]
    if not any(getattr(each, "seqs", ()) or getattr(each, "outcomes", ()) for each in commands):
        return ""
    return str(commands[0].__struct_config__.tag).rpartition(".")[2]


def main(step: str) -> None:
    """Carry out the rules."""
    logs.configure("warning")
    rules = [msgspec.json.decode(line, type=RuleOrders) for line in sys.stdin.buffer]
    mine, ended = Mine(step, len(rules)), threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    begin, call = Lines.__init__, worker.Performing.__call__
    seconds = float(os.environ.get("EFFECT_SECONDS", PATIENCE_S))

    def lines(self: Lines, ids: object, incarnation: str, execute: Execute) -> None:
        begin(self, ids, incarnation, partial(mine.executing, execute))  # type: ignore[arg-type]

    def performing(self: worker.Performing, effects: Sequence[Effect]) -> Sequence[Delivery]:
        return mine.performing(partial(call, self), effects)

    with (
        patch.object(Lines, "__init__", lines),
        patch.object(worker.Performing, "__call__", performing),
        patch.object(worker, "adapters", partial(adapters, seconds=seconds)),
    ):
        Crew(lambda: rules, partial(worker.runner, load()), lambda: None).run(ended.is_set)


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]))

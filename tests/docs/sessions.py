"""Runs what a page tells its reader to do, as the reader would: one shell from top to bottom.

- ```` ```sh ```` is typed into the shell; its output has to be that of the ```` ```text ````
  block that follows, if one does, where `…` stands for anything.
- ```` ```python title="tryout/play.py" ```` (or any other language with a title) is saved.
- ```` ```diff ```` is applied with `git apply`.
- ```` ```console ```` shows what is typed elsewhere, and is not run here.

Addresses that begin with 127.0.0.1:8080, the service's own and those of its servers behind it,
become those of the hall that the page is read beside, and so does its password's file.
"""

import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from tests.conftest import Hall
from tests.docs.markdown import ROOT, Block
from tests.docs.markdown import blocks as blocks_of

PORT = re.compile(r"((?<=127\.0\.0\.1:)|(?<=_PORT=))808([0-7])\b")
TIMEOUT_S = 400


class Step(NamedTuple):
    """A block to type, to save or to apply, and what that should say, if the page tells."""

    block: Block
    told: str | None

    def command(self, file: Path) -> str:
        """What does it, when its text is in `file`."""
        quoted = shlex.quote(str(file))
        if self.block.title:
            title = shlex.quote(self.block.title)
            return f"mkdir -p $(dirname {title}) && cp {quoted} {title}"
        return f"git apply --recount {quoted}" if self.block.language == "diff" else f". {quoted}"


class Outcome(NamedTuple):
    """What came of a page: the output of each step that was begun, and whether the last failed."""

    said: Sequence[str]
    exit_code: int


def steps(blocks: Sequence[Block]) -> Iterator[Step]:
    """The blocks with which something is done, each with the output that stands below it."""
    for block, after in zip(blocks, [*blocks[1:], None], strict=True):
        if block.title or block.language in {"sh", "diff"}:
            yield Step(block, after.text if after and after.language == "text" else None)


def follow(page: Path, hall: Hall, folder: Path, notes: Path, **changes: str) -> None:
    """Take every step of a page in `folder`; what it shows has to come of each."""
    found = list(blocks_of(page.read_text()))
    outcome = run(hall, folder, notes, found, **changes)
    for step, said in zip(steps(found), outcome.said, strict=False):
        place = f"{page.relative_to(ROOT)}:{step.block.line}"
        ended = outcome.exit_code and said is outcome.said[-1]
        assert not ended, f"{place} ended with {outcome.exit_code}:\n{said}"
        assert step.told is None or fits(hall, step.told, said), f"{place} said:\n{said}"


def run(hall: Hall, folder: Path, notes: Path, blocks: Sequence[Block], **changes: str) -> Outcome:
    """Take every step in one shell in `folder`, keeping book in `notes`.

    `changes` of the environment are made to that of the hall.
    """
    script = ["set -euo pipefail"]
    said = []
    for number, step in enumerate(steps(blocks)):
        file, out = notes / f"{number}.step", notes / f"{number}.out"
        file.write_text(_at(hall, step.block.text))
        script.append(f"{step.command(file)} >{shlex.quote(str(out))} 2>&1 </dev/null")
        said.append(out)
    (notes / "page.sh").write_text("\n".join(script) + "\n")
    shell = subprocess.Popen(
        ["bash", notes / "page.sh"],
        cwd=folder,
        env={**hall.environment, "COLUMNS": "200", "PATH": _path(), **changes},
        start_new_session=True,
    )
    try:
        exit_code = shell.wait(TIMEOUT_S)
    finally:
        # A page that stopped in the middle leaves behind what it had started.
        with suppress(ProcessLookupError):
            os.killpg(shell.pid, signal.SIGKILL)
    return Outcome([file.read_text() for file in said if file.exists()], exit_code)


def _at(hall: Hall, text: str) -> str:
    at = PORT.sub(lambda found: str(hall.settings.port + int(found[2])), text)
    return at.replace(" .gamehall/password", f" {hall.settings.password_file}")


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

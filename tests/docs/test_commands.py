"""What the pages tell their readers to do leads to what they say."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Hall
from tests.docs import checkouts
from tests.docs.markdown import ROOT, Block, blocks
from tests.docs.sessions import Outcome, fits, follow, run, steps

PAGES = {
    page: list(blocks(page.read_text()))
    for page in (
        ROOT / "README.md",
        *sorted((ROOT / "docs" / "tutorial").glob("*.md")),
        *sorted((ROOT / "docs" / "how-to").glob("*.md")),
    )
}
CHANGING = {
    page for page, found in PAGES.items() if any(block.language == "diff" for block in found)
}
"""Those that change the code, which is done in a copy: `test_changes`."""

TYPED = [page for page, found in PAGES.items() if any(steps(found)) and page not in CHANGING]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """An empty checkout."""
    checkouts.empty(tmp_path / "checkout")
    return tmp_path / "checkout"


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    """Where the steps of a page are written down, and what they said."""
    (tmp_path / "notes").mkdir()
    return tmp_path / "notes"


@pytest.mark.timeout(500)  # beyond that of the page, which says more
@pytest.mark.parametrize("page", TYPED, ids=lambda page: str(page.relative_to(ROOT)))
def test_what_a_page_says_happens(page: Path, hall: Hall, checkout: Path, notes: Path) -> None:
    follow(page, hall, checkout, notes)
    assert checkouts.changes(checkout) == {}, "it is saved where git ignores it"
    assert linted(checkout) == 0, "it is saved where linters ignore it"


def linted(checkout: Path) -> int:
    command: list[str | Path] = [Path(sys.prefix, "bin", "ruff"), "check", "--no-cache"]
    command += ["--config", ROOT / "pyproject.toml"]
    return subprocess.run(command, cwd=checkout, check=False).returncode


def page(*lines: str) -> list[Block]:
    return list(blocks("\n".join(lines)))


def test_what_a_page_does_not_say_is_noticed(hall: Hall, checkout: Path, notes: Path) -> None:
    found = page("```sh", "NAME=ada", "```", "```sh", "echo $NAME", "```", "```text", "bob", "```")
    outcome = run(hall, checkout, notes, found)
    first, second = steps(found)
    assert (outcome.exit_code, outcome.said) == (0, ["", "ada\n"])
    assert first.told is None
    assert second.told is not None
    assert not fits(hall, second.told, outcome.said[1])


def test_a_page_that_fails_stops_there(hall: Hall, checkout: Path, notes: Path) -> None:
    found = page(
        "```sh", "echo no; false", "```", "```sh", "echo on", "```", "```console", "$ x", "```"
    )
    assert run(hall, checkout, notes, found) == Outcome(["no\n"], 1)


def test_what_a_page_saves_elsewhere_is_noticed(hall: Hall, checkout: Path, notes: Path) -> None:
    found = page('```python title="play.py"', "import os", "```", "```sh", "echo > a.txt", "```")
    assert run(hall, checkout, notes, found).exit_code == 0
    assert checkouts.changes(checkout) == {"??": {"play.py", "a.txt"}}
    assert linted(checkout) == 1


def test_three_dots_stand_for_anything(hall: Hall) -> None:
    assert fits(hall, "a … c\n", "a b\nb c\n")
    assert not fits(hall, "a … c\n", "a b\nb d\n")

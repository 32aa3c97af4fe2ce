"""Pages that change the code are followed in a copy, which then passes every check."""

import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import hall_in
from tests.docs import checkouts
from tests.docs.markdown import ROOT, blocks
from tests.docs.sessions import follow
from tests.docs.test_commands import CHANGING

HOW_TO = ROOT / "docs" / "how-to"
WRITTEN = re.compile(r"docs/reference/|tests/golden/|.*/examples\.json")
"""What programs write into, and samples: they are not counted among the code to edit."""

CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy",),
    ("lint-imports",),
    ("pytest", "-q", "tests/architecture", "tests/http/test_the_edge.py", "-k", "not is_not_blind"),
)


class Change(NamedTuple):
    """A page, and which files that were there before it may have its reader edit."""

    page: str
    edited: set[str]


CHANGES = [
    Change(
        "add-a-feature.md",
        {"domain/categories.py", "interfaces/bootstrap/workers.py", "interfaces/features.py"},
    ),
    Change(
        "add-an-event.md",
        {
            "domain/waitroom/folded.py",
            "domain/waitroom/operated.py",
            "domain/waitroom/states.py",
            "interfaces/http/waitroom/__init__.py",
            "projections/waitroom/queue.py",
        },
    ),
    Change("add-a-read-model.md", {"interfaces/bootstrap/workers.py"}),
]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of this checkout."""
    checkouts.copy(tmp_path / "checkout")
    return tmp_path / "checkout"


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.page)
def test_what_a_page_changes_is_there_to_be_changed(change: Change) -> None:
    for block in blocks((HOW_TO / change.page).read_text()):
        if block.language == "diff":
            checked = subprocess.run(
                ("git", "apply", "--check", "--recount", "-"),
                cwd=ROOT,
                input=block.text,
                stderr=subprocess.PIPE,
                text=True,
                check=False,
            )
            assert not checked.returncode, f"{change.page}:{block.line}: {checked.stderr}"


@pytest.mark.timeout(900)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.page)
def test_what_a_page_changes_passes_every_check(
    change: Change, checkout: Path, tmp_path: Path, hall_home: Path
) -> None:
    notes = tmp_path / "notes"
    notes.mkdir()
    follow(HOW_TO / change.page, hall_in(hall_home), checkout, notes, PYTHONPATH=str(checkout))
    changed = checkouts.changes(checkout).get("M", set())
    assert {path for path in changed if not WRITTEN.match(path)} == change.edited
    for check in CHECKS:
        assert (said := failure(checkout, *check)) is None, said


def failure(checkout: Path, program: str, *arguments: str) -> str | None:
    """What a check says in a checkout, if it fails."""
    command: list[str | Path] = [Path(sys.prefix, "bin", program), *arguments]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(checkout)}
    ended = subprocess.run(
        command, cwd=checkout, env=environment, capture_output=True, text=True, check=False
    )
    return f"{program}: {ended.stdout}{ended.stderr}" if ended.returncode else None


def test_every_page_that_changes_the_code_is_among_them() -> None:
    assert {page.name for page in CHANGING} == {change.page for change in CHANGES}


def test_a_change_that_breaks_something_is_noticed(checkout: Path) -> None:
    (checkout / "domain" / "offence.py").write_text("import time\n")
    assert checkouts.changes(checkout) == {"??": {"domain/offence.py"}}
    assert "offence.py" in (failure(checkout, "ruff", "check", ".") or "")
    assert "domain.offence -> time" in (failure(checkout, "lint-imports") or "")

"""Checkouts to follow a page in: an empty one, and a copy of this one that a page may change."""

import shutil
import subprocess
import sys
from pathlib import Path

from tests.docs.markdown import ROOT

CACHES = (".mypy_cache", ".ruff_cache", ".import_linter_cache")
"""Of checks that have been made here, so that the copy checks no more than what was changed."""

AUTHOR = ("-c", "user.name=reader", "-c", "user.email=reader@example.org")


def empty(folder: Path) -> None:
    """Make a checkout of the folder for what pages save, and of what is read where one stands."""
    (folder / "tryout").mkdir(parents=True)
    shutil.copy(ROOT / "tryout" / ".gitignore", folder / "tryout")
    for name in ("alembic.ini", "infra"):
        (folder / name).symlink_to(ROOT / name)
    _begin(folder)


def copy(folder: Path) -> None:
    """Copy this checkout, as it is, with what is not committed yet."""
    for name in git(ROOT, "ls-files", "--cached", "--others", "--exclude-standard").splitlines():
        if (ROOT / name).exists():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    for cache in CACHES:
        if (ROOT / cache).exists():
            shutil.copytree(ROOT / cache, folder / cache)
    _begin(folder)


def _begin(folder: Path) -> None:
    (folder / ".venv").symlink_to(sys.prefix)
    git(folder, "init", "--quiet")
    (folder / ".git" / "info" / "exclude").write_text(".venv\n")
    git(folder, "add", "--all")
    git(folder, *AUTHOR, "commit", "--quiet", "--message", "As it was")


def git(folder: Path, *arguments: str) -> str:
    """Run git in a checkout, and give what it says."""
    command = ["git", "-C", str(folder), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def changes(folder: Path) -> dict[str, set[str]]:
    """The files that are not as they were, by what git calls that: `M` changed, `??` new."""
    found: dict[str, set[str]] = {}
    for line in git(folder, "status", "--porcelain", "--untracked-files=all").splitlines():
        found.setdefault(line[:2].strip(), set()).add(line[3:])
    return found

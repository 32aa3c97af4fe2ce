"""`make`: what a newcomer sees of it."""

import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def install(folder: Path, script: str) -> subprocess.CompletedProcess[str]:
    """Install into a folder, with a script in the place of pip."""
    (folder / "bin").mkdir()
    (folder / "bin" / "python").symlink_to(sys.executable)
    pip = folder / "bin" / "pip"
    pip.write_text(f"#!/bin/sh\n{script}\n")
    pip.chmod(0o700)
    command = [
        "make",
        "--no-print-directory",
        f"VENV={folder}",
        f"PIP={pip}",
        str(folder / ".installed"),
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_nobody_reads_what_pip_says_when_it_succeeds(tmp_path: Path) -> None:
    ended = install(tmp_path, "echo Collecting, Downloading, Installing")
    assert ended.returncode == 0
    assert ended.stdout.splitlines() == [
        f"Installing into {tmp_path}, which takes a minute or two, once …"
    ]
    assert (tmp_path / ".installed").exists()


def test_all_that_pip_says_is_told_when_it_fails(tmp_path: Path) -> None:
    ended = install(tmp_path, "echo Collecting; echo No such package >&2; false")
    assert ended.returncode == 2
    assert ended.stdout.splitlines()[1:] == ["Collecting", "No such package"]
    assert not (tmp_path / ".installed").exists()

"""Letting a server that must not run as root reach its files."""

from pathlib import Path

PASS_BITS = 0o001
READ_AND_PASS_BITS = 0o005


def path_to(folder: Path) -> list[Path]:
    """Let others pass through the folders above, without letting them list; give those changed."""
    closed = [
        parent for parent in folder.resolve().parents if not parent.stat().st_mode & PASS_BITS
    ]
    for parent in closed:
        _add(parent, PASS_BITS)
    return closed


def tree(folder: Path) -> None:
    """Let others read an installation that a strict umask has closed."""
    if folder.stat().st_mode & READ_AND_PASS_BITS == READ_AND_PASS_BITS:
        return
    for path in (folder, *folder.rglob("*")):
        _add(path, READ_AND_PASS_BITS if path.is_dir() or path.stat().st_mode & 0o100 else 0o004)


def _add(path: Path, bits: int) -> None:
    path.chmod(path.stat().st_mode | bits)

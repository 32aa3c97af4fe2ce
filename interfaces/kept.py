"""What the home keeps for its owner only: words that nobody chose, each made once."""

import os
import secrets
from collections.abc import Callable
from pathlib import Path

RANDOM_BYTES = 36


def read(file: Path) -> str | None:
    """Give the word that is kept in the file; None where there is none yet."""
    try:
        return file.read_text(errors="replace").strip()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _word() -> str:
    return secrets.token_urlsafe(RANDOM_BYTES)


def kept(file: Path, make: Callable[[], str] = _word) -> str:
    """Give the word that is kept in the file; made on first use, of 48 characters by default."""
    return read(file) or _write(file, make())


def _write(file: Path, word: str) -> str:
    """Write the file whole and link it into place, so that two processes agree on one word."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = file.with_name(f"{file.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as opened:
        opened.write(word)
    try:
        os.link(draft, file)
    except FileExistsError:
        pass  # another process was first, and its word counts
    finally:
        draft.unlink()
    return file.read_text().strip()

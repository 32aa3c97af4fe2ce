"""Starts programs of ours from a process that has loaded the libraries they need.

To load those takes a command of `gamehall` longer than what it does, and tests run some hundred.
Each is a process of its own that begins as a copy of one which has loaded libraries and nothing of
ours: our code is loaded anew by each, in the environment that it was given. What is tested because
somebody types it begins at the beginning, and so does what starts servers.
"""

import gc
import importlib
import json
import os
import pkgutil
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[1]
OURS = frozenset({"application", "domain", "infra", "interfaces", "projections", "tests"})
GAMEHALL = "interfaces.cli"
STANDARD = (0, 1, 2)
MOST_BYTES = 200_000
"""Of an order, its environment included."""


class Order(NamedTuple):
    """A module to run as a program, with what arguments, and in which environment."""

    module: str
    arguments: Sequence[str]
    environment: Mapping[str, str]


# -- who asks --------------------------------------------------------------------------------------


class Process:
    """A program that was started, in the hands of who started it; as a `subprocess.Popen`."""

    def __init__(self, order: Order, standard: Sequence[int] = STANDARD) -> None:
        """Start it; `standard` are the files that are its standard input, output and error."""
        self._order = order
        self._told, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        with theirs:
            handed = [theirs.fileno(), *standard]
            socket.send_fds(_orders()[0], [json.dumps(order).encode()], handed)
        self.pid = int(self._told.recv(20))
        self.returncode: int | None = None

    def wait(self, seconds: float | None = None) -> int:
        """Wait until it has ended, and give its exit code, or that of the signal below zero.

        Raises `subprocess.TimeoutExpired` where it takes longer than that.
        """
        if self.returncode is None:
            self._told.settimeout(seconds)
            try:
                self.returncode = int(self._told.recv(20))
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired(self._order.arguments, seconds or 0) from None
            self._told.close()
        return self.returncode

    def poll(self) -> int | None:
        """Its exit code, if it has ended."""
        with suppress(subprocess.TimeoutExpired):
            return self.wait(0)
        return None

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it has not ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self.send_signal(signal.SIGKILL)


def run(order: Order, seconds: float) -> subprocess.CompletedProcess[str]:
    """Run a program to its end, and give what it said; as `subprocess.run`.

    Raises `subprocess.TimeoutExpired` where it takes longer than that, and then it is killed.
    """
    with tempfile.TemporaryFile("w+") as out, tempfile.TemporaryFile("w+") as err:
        process = Process(order, [STANDARD[0], out.fileno(), err.fileno()])
        try:
            ended = process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        for file in (out, err):
            file.seek(0)
        return subprocess.CompletedProcess(order.arguments, ended, out.read(), err.read())


@cache
def _orders() -> tuple[socket.socket, subprocess.Popen[bytes]]:
    """Where orders go, and who takes them, which ends when nobody can give any more."""
    ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
    with theirs:
        command = [sys.executable, "-m", __name__, str(theirs.fileno())]
        taker = subprocess.Popen(
            command,
            cwd=ROOT,
            pass_fds=[theirs.fileno()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
    return ours, taker


# -- who starts it ---------------------------------------------------------------------------------


def main(orders: socket.socket) -> Order:
    """Take orders, and become a copy for each; returns in the copy, which is to carry it out."""
    for name in _libraries():
        with suppress(ImportError):  # what a library makes up as it runs is nowhere to be found
            importlib.import_module(name)
    gc.freeze()  # or each copy looks through all of it once more when it ends, for 0.2 s
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while True:
        data, handed, *_ = socket.recv_fds(orders, MOST_BYTES, 1 + len(STANDARD))
        if not data:
            sys.exit()
        if os.fork() == 0:
            orders.close()
            order = Order(*json.loads(data))
            _become(order, *handed)
            return order
        for each in handed:
            os.close(each)


def _libraries() -> Sequence[str]:
    """What is loaded beside our own code once all programs have begun, in that order."""
    reading, writing = os.pipe()
    if (pid := os.fork()) == 0:
        importlib.import_module(GAMEHALL)
        bootstrap = importlib.import_module("interfaces.bootstrap")
        for module in pkgutil.walk_packages(bootstrap.__path__, f"{bootstrap.__name__}."):
            importlib.import_module(module.name)
        names = [name for name in sys.modules if name.partition(".")[0] not in OURS]
        os.write(writing, "\n".join(names).encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as file:
        names = file.read().split()
    os.waitpid(pid, 0)
    return names


def _become(order: Order, teller: int, *standard: int) -> None:
    """Let a process be what is ordered, and tell its id and how it ends; returns there alone."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    if pid := os.fork():
        os.write(teller, f"{pid}".encode())
        ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with suppress(BrokenPipeError):  # whoever asked has lost patience
            os.write(teller, f"{ended}".encode())
        os._exit(0)
    for handed, number in zip(standard, STANDARD, strict=True):
        os.dup2(handed, number)
    for handed in (teller, *standard):
        os.close(handed)
    os.environ.clear()
    os.environ.update(order.environment)
    sys.argv[1:] = order.arguments


if __name__ == "__main__":
    ordered = main(socket.socket(fileno=int(sys.argv[1])))
    runpy.run_module(ordered.module, run_name="__main__", alter_sys=True)

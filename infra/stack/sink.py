"""The sink of mails, as a program of the stack."""

import sys
from pathlib import Path

from infra.stack.program import Program

START_TIMEOUT_S = 30


def prepare(port: int, password_file: Path) -> Program:
    """Give the command."""
    return Program("sink", (sys.executable, "-m", "infra.mail.sink", str(port), str(password_file)))

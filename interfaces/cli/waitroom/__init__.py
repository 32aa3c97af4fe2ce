"""Commands for waiting rooms."""

from interfaces.cli.waitroom import passes, sessions
from interfaces.cli.waitroom.rooms import waitroom

for command in sessions.COMMANDS:
    waitroom.add_command(command)

COMMANDS = (waitroom, passes.passes)

"""Commands for waiting rooms."""

from interfaces.cli.waitroom import passes

COMMANDS = (passes.passes,)

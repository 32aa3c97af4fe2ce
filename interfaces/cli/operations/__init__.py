"""Commands for what operators decide about the hall itself."""

from interfaces.cli.operations import consumers

COMMANDS = (consumers.consumers,)

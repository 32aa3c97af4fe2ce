"""Commands for what players did."""

from interfaces.cli.events import events
from interfaces.cli.player_events import dlq, export, players

COMMANDS = (dlq.dlq, players.players)

events.add_command(export.export_events)  # beside those that read the log

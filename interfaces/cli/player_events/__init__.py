"""Commands for what players did."""

from interfaces.cli.player_events import dlq, players

COMMANDS = (dlq.dlq, players.players)

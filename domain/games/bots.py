"""The names that bots play under."""

from typing import get_args

from domain.games.events import BotLevel


def bot_name(level: BotLevel) -> str:
    """What a bot of this level is called."""
    return f"bot-{level}"


BOT_NAMES = frozenset(bot_name(level) for level in get_args(BotLevel))
"""Nobody else may sit down under one of these."""

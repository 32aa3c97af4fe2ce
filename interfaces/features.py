"""The features of the hall: the one list of them.

Each is the word that it has on every floor: `interfaces.http.<word>` holds what it serves as
FEATURES, and `interfaces.cli.<word>`, if there is one, its own commands as COMMANDS.
"""

FEATURES = (
    "waitroom",
    "games",
    "player_events",
    "accounts",
    "feed",
    "friends",
    "conversations",
    "lounges",
    "sign_in",
    "subjects",
    "effects",
    "push",
    "operations",
)
"""In the order of the documentation."""

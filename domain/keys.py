"""Names of people, events, sessions and games, as they come from outside."""

from typing import Annotated

import msgspec

KEY_PATTERN = r"^(?!\.\.?$)[^\x00-\x1f\x7f/]+$(?!\n)"
"""No control characters: PostgreSQL takes no NUL, and a log is read by people. No slash, and not
`.` or `..`: keys are parts of addresses. The last group is for Python, whose `$` lets a line feed
follow."""

MOST_KEY_CHARACTERS = 200

Key = Annotated[
    str, msgspec.Meta(min_length=1, max_length=MOST_KEY_CHARACTERS, pattern=KEY_PATTERN)
]

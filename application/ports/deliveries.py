"""What became of something that was handed to the outside."""

from typing import Literal, NamedTuple

Outcome = Literal["accepted", "rejected", "unknown"]
"""The other side has taken it; it has not, and never will; or the answer was lost, and it may."""


class Delivery(NamedTuple):
    """What became of it. `reason` names no address and no secret.

    `again` says whether another try may do better; after `unknown` it may be a second time. The
    other side asks that it come no sooner than in `after_s` seconds.
    """

    outcome: Outcome
    reason: str = ""
    again: bool = False
    after_s: int = 0

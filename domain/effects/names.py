"""What rules, lines and effects are called."""

import re
from typing import Annotated

import msgspec

from domain.events import Position

RuleName = Annotated[
    str,
    msgspec.Meta(
        min_length=1,
        max_length=60,
        pattern=r"^[a-z][a-z0-9_-]*$(?!\n)",
        examples=["youre-in-line"],
    ),
]
"""What a rule is called, for good. It has no colon, which the names of lines have."""

LINE_PATTERN = r"^[a-z][a-z0-9_-]*:[A-Za-z0-9._-]+:[0-9]+$(?!\n)"

LineId = Annotated[
    str,
    msgspec.Meta(
        max_length=350,
        pattern=LINE_PATTERN,
        examples=["youre-in-line:QUEUE_JOINED:3"],
    ),
]
"""What a line is called: the rule, the topic and the partition that it takes."""

LINE = re.compile(LINE_PATTERN)
SEQ = re.compile(r"[0-9]{1,18}")
"""The number of an event in its partition."""


def line_id(rule: str, topic: str, partition: int) -> str:
    """The line of a rule that takes one partition of its source."""
    return f"{rule}:{topic}:{partition}"


def effect_id(rule: str, position: Position) -> str:
    """The effect of a rule on account of the event at a position, the same whenever it is asked."""
    return f"{line_id(rule, *position[:2])}:{position.seq}"


def place_of(effect: str) -> tuple[str, int]:
    """The line of an effect, and the number of its event in there; raises `ValueError`."""
    line, _, seq = effect.rpartition(":")
    if not (LINE.match(line) and SEQ.fullmatch(seq)):
        raise ValueError(
            f"{effect!r} is no effect; they are called like youre-in-line:QUEUE_JOINED:3:17."
        )
    return line, int(seq)

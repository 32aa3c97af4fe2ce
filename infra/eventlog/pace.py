"""How the turns of a log follow each other."""

from collections.abc import Callable
from typing import ClassVar

from confluent_kafka import Consumer, Message

BUSY_POLL_S = 0.001
"""Between polls while commits are in flight; a Kafka round trip takes about as long."""

IDLE_POLL_S = 0.02
"""Between polls of an idle log, and looks at the deadlines of all; bounds how late one fires."""

POLL_BATCH = 2_000
"""Records taken from the consumer in one turn of the loop while catching up."""


class Pace:
    """Takes turns by a timer, as many commands of one process need it."""

    gathers: ClassVar[bool] = False
    """Whether what is decided goes off with the next `hurry`, and not at once."""

    def turn(self, step: Callable[[], None]) -> None:
        """Take a turn, which is this step."""
        step()

    def pause(self, seconds: float, *, crowded: bool) -> float:
        """The seconds until the next turn, where a timer would wait for so many."""
        return seconds

    def read(self, consumer: Consumer, *, crowded: bool) -> list[Message]:
        """What there is to read in this turn."""
        return consumer.consume(POLL_BATCH, 0)

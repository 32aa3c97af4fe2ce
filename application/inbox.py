"""An inbox: topics of the outside, whose messages become commands."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from application.ports.commands import Envelope
from application.topics import Topic
from domain.aggregate import Command
from domain.events import Metadata, Position


class Malformed(Exception):
    """A message that leads to no command; it is told in a sentence what is wrong with it."""


class Inbox(NamedTuple):
    """What is read in the consumer group `gamehall-<name>`, and the worker of that name.

    `react` gives the command that the value of a message in a topic leads to. It is pure, and
    raises `Malformed`.
    """

    name: str
    topics: Sequence[Topic]
    react: Callable[[str, bytes | None], Command]

    def issue(self, source: Position, value: bytes | None) -> Envelope:
        """The command of the message at `source`, a place by offset; raises `Malformed`.

        Guarantees: the same message always leads to the same command id.
        """
        metadata = Metadata(actor=self.name, causation_id=str(source))
        try:
            command = self.react(source.topic, value)
        except Malformed:
            raise
        except Exception as error:  # whatever a message makes a pure function raise, it is it
            raise Malformed(
                f"The value leads to no command ({type(error).__name__}: {error})."
            ) from error
        return Envelope(command_id=f"{self.name}:{source}", command=command, metadata=metadata)

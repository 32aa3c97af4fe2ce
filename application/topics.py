"""Topics as they are declared, each once, by whoever reads or writes them."""

from typing import Literal, NamedTuple

Kind = Literal["log", "snapshots", "stream", "messages", "letters", "keys"]
"""What a topic is for, which decides how Kafka keeps it:

- `log`: the truth, for ever; its number of partitions never changes
- `snapshots`: what can be made again from the log, the newest of each key
- `stream`: what many producers report; kept for days, since an archive has it
- `messages`: between the hall and its neighbours
- `letters`: what could not be taken, until somebody has looked at it
- `keys`: what has to be gone from the disks soon after it is erased
"""

LETTER_PARTITIONS = 12


class Topic(NamedTuple):
    """A topic as it should be; `key`, `written_by` and `holds` tell people of its records.

    `example` is the value of a record, in a topic that others write to.
    """

    name: str
    partitions: int
    kind: Kind
    key: str = ""
    written_by: str = ""
    holds: str = ""
    example: str = ""


def dead_letters(consumer: str, partitions: int = LETTER_PARTITIONS) -> Topic:
    """Where `consumer` puts what it cannot take."""
    return Topic(
        f"{consumer}.dlq", partitions, "letters", "as the source", consumer, "dead letters"
    )

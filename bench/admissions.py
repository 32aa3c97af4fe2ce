"""From `CHECKOUT_COMPLETED` to `QUEUE_READY`, as a shop's Kafka client sees it.

    make run                              # in one terminal
    .venv/bin/python -m bench.admissions  # in another

A room of capacity 1 has people waiting. Again and again the shop tells that the admitted one has
paid, and waits until the topic says who is next: through the checkout worker, the API, the log
and the relay, and back.
"""

import statistics
import time
import uuid

import msgspec
import rich_click as click
from confluent_kafka import Consumer, Message, Producer, TopicPartition
from rich.console import Console

from bench.hall import Hall
from bench.machine import machine
from infra.kafka.clients import connection

TARGET_MEDIAN = 50.0
PATIENCE_S = 10.0


class Shop:
    """An ordinary Kafka client."""

    def __init__(self, bootstrap: str) -> None:
        self._producer = Producer(connection(bootstrap))
        self._consumer = Consumer(
            {**connection(bootstrap), "group.id": uuid.uuid4().hex, "log_level": 3}
        )
        found = self._consumer.list_topics("QUEUE_READY", timeout=PATIENCE_S).topics["QUEUE_READY"]
        self._consumer.assign([self._end(number) for number in found.partitions])

    def _end(self, partition: int) -> TopicPartition:
        place = TopicPartition("QUEUE_READY", partition)
        end = self._consumer.get_watermark_offsets(place, PATIENCE_S)[1]
        return TopicPartition("QUEUE_READY", partition, end)

    def next_ready(self, room: str) -> str:
        """Wait for the next session of a room that may check out."""
        while True:
            message: Message | None = self._consumer.poll(PATIENCE_S)
            if message is None:
                raise click.ClickException(f"nobody was let in within {PATIENCE_S:g} s")
            told = msgspec.json.decode(message.value() or b"")
            if told["event_id"] == room:
                return str(told["session_id"])

    def completed(self, room: str, session_id: str) -> None:
        """Tell that a session has paid."""
        told = {"event_id": room, "session_id": session_id}
        self._producer.produce("CHECKOUT_COMPLETED", msgspec.json.encode(told), room)
        self._producer.flush(PATIENCE_S)

    def close(self) -> None:
        self._consumer.close()


@click.command()
@click.option("--count", default=300, show_default=True, help="Checkouts, one after another.")
def main(count: int) -> None:
    """Measure from one topic to the other beside the target."""
    click.echo(machine())
    hall = Hall()
    shop = Shop(hall.settings.kafka_bootstrap)
    room = hall.open_room(capacity=1)
    for number in range(count + 1):
        hall.join(room, f"user-{number}")
    session, seconds = shop.next_ready(room), []
    for _ in range(count):
        start = time.perf_counter()
        shop.completed(room, session)
        session = shop.next_ready(room)
        seconds.append(time.perf_counter() - start)
    shop.close()
    ordered = sorted(1_000 * each for each in seconds)
    Console().print(
        f"{count} admissions: median {statistics.median(ordered):.1f} ms "
        f"(target {TARGET_MEDIAN:.0f} ms), p99 {ordered[int(count * 0.99)]:.1f} ms, "
        f"max {ordered[-1]:.1f} ms"
    )


if __name__ == "__main__":
    main()

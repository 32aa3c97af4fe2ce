"""How our Kafka clients are set up."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, unquote

FAILOVER_CONFIG: Mapping[str, Any] = {
    "socket.timeout.ms": 3_000,
    "socket.connection.setup.timeout.ms": 3_000,
    "reconnect.backoff.max.ms": 1_000,
    "topic.metadata.refresh.interval.ms": 1_000,
    "metadata.max.age.ms": 1_000,
}
"""What every client of the log has in common, so that it soon finds who leads a partition now.

By default, librdkafka waits a minute for a broker that is frozen, looks for new leaders every five
minutes and whenever a connection breaks, and remembers a wrong one for a quarter of an hour.
"""

TO_THE_END: Mapping[str, Any] = {"fetch.wait.max.ms": 10}
"""For who reads a topic up to its end, and no further: otherwise brokers wait half a second for
more before they say that there is none."""


def connection(address: str) -> dict[str, Any]:
    """What every client needs to know to reach the brokers, in librdkafka's words.

    `address` is their hosts and ports, separated by commas, and around them the way in, as in
    `sasl_ssl://user:password@kafka-1:9093,kafka-2:9093?sasl.mechanisms=SCRAM-SHA-512`. What follows
    the question mark are librdkafka's own settings; the mechanism is `PLAIN` unless it says so.
    """
    given, _, query = address.partition("?")
    protocol, _, rest = given.rpartition("://")
    login, _, brokers = rest.rpartition("@")
    user, _, password = login.partition(":")
    return {
        "bootstrap.servers": brokers,
        **({"security.protocol": protocol} if protocol else {}),
        **({"sasl.mechanisms": "PLAIN", "sasl.username": unquote(user)} if user else {}),
        **({"sasl.password": unquote(password)} if user else {}),
        **dict(parse_qsl(query)),
    }


def shown(address: str) -> str:
    """The brokers of an address alone, to be told to people."""
    brokers: str = connection(address)["bootstrap.servers"]
    return brokers


def producer_config(bootstrap: str) -> dict[str, Any]:
    """An idempotent producer that waits for all replicas.

    One millisecond of `linger.ms` costs as much latency, and halves the processor time that a
    commit takes here and in the broker once dozens are in flight (measured: 114 to 59 µs).

    While a replica is lost and not yet given up by its cluster, no leader answers, and metadata
    waits behind on the same connections. The socket's timeout therefore outlasts a failover:
    giving up healthy leaders in the middle of it, and all that was sent to them, made one take
    twice as long (measured). A commit outlasts both, so that it need not be decided again.
    """
    return {
        **connection(bootstrap),
        "enable.idempotence": True,
        "acks": "all",
        "linger.ms": 1,
        "compression.type": "lz4",
        "message.timeout.ms": 10_000,
        "delivery.report.only.error": True,
        "socket.nagle.disable": True,
        "log_level": 3,
        **FAILOVER_CONFIG,
        "socket.timeout.ms": 5_000,
    }


def consumer_config(bootstrap: str, group: str) -> dict[str, Any]:
    """A consumer that is told where to read; it joins no group and commits no offset by itself.

    What goes wrong is told by its calls. The client's own log would add that a connection was still
    asking to be let in when the consumer was closed, as an error.
    """
    return {
        **connection(bootstrap),
        "group.id": group,
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "auto.offset.reset": "error",
        "fetch.wait.max.ms": 500,
        "fetch.queue.backoff.ms": 1,
        "queued.min.messages": 20_000,
        "socket.nagle.disable": True,
        "log_level": 2,
        **FAILOVER_CONFIG,
    }

"""Which of Kafka's errors say that it is away, so that another attempt may succeed."""

from confluent_kafka import KafkaError, KafkaException, Message

from infra.errors import SetupError

PASSING_ERRORS = {
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001  librdkafka's own codes have no other names
    KafkaError._TRANSPORT,  # noqa: SLF001
    KafkaError._TIMED_OUT,  # noqa: SLF001
}
"""Those of a consumer whose broker is away; the client goes on trying by itself."""


class KafkaAway(SetupError):
    """Kafka does not answer; it may do so later."""


TRANSIENT = (KafkaException, KafkaAway)
"""What is raised where Kafka is away."""


def failed(message: Message) -> bool:
    """Whether this is a passing error event; raises `KafkaException` for a lasting one."""
    error = message.error()
    if error is None:
        return False
    if error.code() in PASSING_ERRORS:
        return True
    raise KafkaException(error)

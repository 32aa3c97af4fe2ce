"""Which of Kafka's errors say that it is away, so that another attempt may succeed."""

from confluent_kafka import KafkaError, KafkaException, Message

from infra.errors import SetupError

PASSING_ERRORS = {
    KafkaError._ALL_BROKERS_DOWN,  # noqa: SLF001  librdkafka's own codes have no other names
    KafkaError._TRANSPORT,  # noqa: SLF001
    KafkaError._TIMED_OUT,  # noqa: SLF001
}
"""Those of a consumer whose broker is away; the client goes on trying by itself."""

AWAY = PASSING_ERRORS | {
    KafkaError._RESOLVE,  # noqa: SLF001
    KafkaError._AUTHENTICATION,  # noqa: SLF001
    KafkaError._SSL,  # noqa: SLF001
    KafkaError._MSG_TIMED_OUT,  # noqa: SLF001
    KafkaError._TIMED_OUT_QUEUE,  # noqa: SLF001
    KafkaError._WAIT_COORD,  # noqa: SLF001
    KafkaError._WAIT_CACHE,  # noqa: SLF001
    KafkaError._MAX_POLL_EXCEEDED,  # noqa: SLF001
    KafkaError._UNKNOWN_TOPIC,  # noqa: SLF001
    KafkaError._UNKNOWN_PARTITION,  # noqa: SLF001
    KafkaError.UNKNOWN_TOPIC_OR_PART,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.REPLICA_NOT_AVAILABLE,
    KafkaError.BROKER_NOT_AVAILABLE,
    KafkaError.REQUEST_TIMED_OUT,
    KafkaError.NETWORK_EXCEPTION,
    KafkaError.NOT_ENOUGH_REPLICAS,
    KafkaError.NOT_ENOUGH_REPLICAS_AFTER_APPEND,
    KafkaError.NOT_CONTROLLER,
    KafkaError.KAFKA_STORAGE_ERROR,
    KafkaError.THROTTLING_QUOTA_EXCEEDED,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.ILLEGAL_GENERATION,
    KafkaError.UNKNOWN_MEMBER_ID,
}
"""All that says that Kafka, a topic, a leader or a group is not there at the moment. Whatever is
not named here is about what Kafka was given, and would be the same at the next attempt."""


class KafkaAway(SetupError):
    """Kafka does not answer; it may do so later."""


def is_away(error: Exception) -> bool:
    """Whether an error says that Kafka is away."""
    if isinstance(error, KafkaException):
        return error.args[0].code() in AWAY
    return isinstance(error, KafkaAway)


def failed(message: Message) -> bool:
    """Whether this is a passing error event; raises `KafkaException` for a lasting one."""
    error = message.error()
    if error is None:
        return False
    if error.code() in PASSING_ERRORS:
        return True
    raise KafkaException(error)

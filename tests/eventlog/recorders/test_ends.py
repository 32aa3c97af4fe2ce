"""Where a topic ends, while the brokers still hear of it."""

import pytest
from confluent_kafka import KafkaError, KafkaException

from infra.eventlog.recorders import ends
from infra.eventlog.recorders.ends import Ends


class Brokers:
    """Say once what they say before they know a topic, and then where it ends."""

    def __init__(self, code: int) -> None:
        self.errors = [KafkaException(KafkaError(code))]

    def ends(self, places: list[tuple[str, int]]) -> dict[tuple[str, int], int]:
        if self.errors:
            raise self.errors.pop()
        return dict.fromkeys(places, 7)


@pytest.mark.parametrize(
    "code",
    [
        KafkaError._UNKNOWN_PARTITION,
        KafkaError._UNKNOWN_TOPIC,
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
    ],
)
def test_a_new_topic_is_asked_about_until_its_leader_knows(
    code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ends, "Watermarks", lambda *_: Brokers(code))

    assert Ends("nowhere", "new-log", seconds=10).ask() == 7

"""What a process wants while the group of owners does not know it."""

from typing import Any

import pytest
from confluent_kafka import TopicPartition

from infra.eventlog.membership import Membership

HERE, THERE = "http://here", "http://there"


class Group:
    """Takes what a member says of its partitions."""

    def incremental_assign(self, partitions: list[TopicPartition]) -> None:
        pass

    def incremental_unassign(self, partitions: list[TopicPartition]) -> None:
        pass

    def pause(self, partitions: list[TopicPartition]) -> None:
        pass


GROUP: Any = Group()


@pytest.fixture
def membership() -> Membership:
    return Membership("", {"log": 4}, url=HERE)


def places(*partitions: int) -> list[TopicPartition]:
    return [TopicPartition("log", partition) for partition in partitions]


def test_who_is_new_wants_what_its_predecessor_had(membership: Membership) -> None:
    assert membership.wants("log", 0, HERE)
    assert not membership.wants("log", 0, THERE)
    assert not membership.settled


def test_a_member_wants_what_it_was_given(membership: Membership) -> None:
    membership._assign(GROUP, places(0, 1))
    membership._revoke(GROUP, places(1))
    assert membership.wants("log", 0, THERE)
    assert not membership.wants("log", 1, HERE)


def test_who_has_lost_its_place_still_wants_what_it_owns(membership: Membership) -> None:
    membership._assign(GROUP, places(0, 1))
    membership._lose(GROUP, places(0, 1))
    assert membership.wants("log", 0, HERE), "nobody else would, until the group has spoken"
    assert not membership.wants("log", 1, THERE), "that was taken meanwhile"
    assert membership.settled, "it goes on answering"


def test_a_place_that_is_found_again_counts(membership: Membership) -> None:
    membership._assign(GROUP, places(0, 1))
    membership._lose(GROUP, places(0, 1))
    membership._assign(GROUP, places(1))
    assert not membership.wants("log", 0, HERE)
    assert membership.wants("log", 1, THERE)

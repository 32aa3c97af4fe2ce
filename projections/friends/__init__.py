"""Read models of friends."""

from domain.categories import SOCIAL
from projections.friends.friends import NAME, FriendQueries, Friends
from projections.read_model import ReadModel, log

FRIENDS = ReadModel(
    name=NAME,
    source=log(SOCIAL.topic),
    record=Friends,
    queries=lambda stores: FriendQueries(stores.postgres),
    divides=True,
)

"""Read models of people's feeds."""

from domain.categories import PEOPLE
from projections.feed.feed_entries import NAME, FeedEntries, FeedQueries
from projections.read_model import ReadModel, log

FEED_ENTRIES = ReadModel(
    name=NAME,
    source=log(PEOPLE.topic),
    record=FeedEntries,
    queries=lambda stores: FeedQueries(stores.postgres),
    divides=True,
)

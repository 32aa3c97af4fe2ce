"""Read models of lounges."""

from domain.categories import SOCIAL
from projections.lounges.lounges import NAME, Lounges
from projections.lounges.queries import LoungeQueries
from projections.read_model import ReadModel, log

LOUNGES = ReadModel(
    name=NAME,
    source=log(SOCIAL.topic),
    record=Lounges,
    queries=lambda stores: LoungeQueries(stores.postgres),
    divides=True,
)

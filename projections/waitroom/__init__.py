"""Read models of waiting rooms."""

from domain.categories import WAITROOMS
from projections.read_model import ReadModel, log
from projections.waitroom.queue import NAME, Queue
from projections.waitroom.rooms import RoomQueries

WAITROOM = ReadModel(
    name=NAME,
    source=log(WAITROOMS.topic),
    keys=Queue,
    queries=lambda stores: RoomQueries(stores.redis, stores.open),
)

"""The read model of effects."""

from domain.categories import EFFECTS
from projections.effects.ledger import NAME, EffectLedger
from projections.effects.queries import EffectQueries
from projections.read_model import ReadModel, log

EFFECT_LEDGER = ReadModel(
    name=NAME,
    source=log(EFFECTS.topic),
    record=EffectLedger,
    queries=lambda stores: EffectQueries(stores.postgres),
)

"""The hands of `gamehall topics` on whatever topics and groups there are; they come from infra.

Apart from `topics`, which loads every feature to know what there should be.
"""

from infra.kafka.groups import lags
from infra.kafka.records import consume, describe, produce
from infra.kafka.topics import existing

__all__ = ["consume", "describe", "existing", "lags", "produce"]

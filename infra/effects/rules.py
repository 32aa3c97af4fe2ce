"""The rules that there are, as the read model has them."""

from collections.abc import Sequence
from typing import Any

import msgspec
import structlog

from application.effects.rules import RuleOrders
from domain.effects.actions import AnyAction
from domain.effects.rule import Beginning
from infra.postgres.database import Connection
from projections.effects.ledger import NAME

RULES = """
    SELECT name, version, topic, of_type, filter, action, begins, since, status FROM effect_rules
"""
IS_THERE = "SELECT EXISTS (SELECT FROM projection_positions WHERE projection = %s)"


logger = structlog.get_logger(__name__)


def rules_in(connection: Connection) -> Sequence[RuleOrders] | None:
    """Every rule; None where the read model is about to be built.

    A rule with an action that this version does not know is left out.
    """
    rows = connection.execute(RULES).fetchall()
    if not rows and connection.execute(IS_THERE, [NAME]).fetchone() == (False,):
        return None
    return [orders for row in rows if (orders := _known(*row)) is not None]


def _known(name: str, *ordered: Any) -> RuleOrders | None:
    try:
        return _orders(name, *ordered)
    except msgspec.ValidationError:
        logger.exception("rule not known to this version", rule=name)
        return None


def _orders(
    name: str,
    version: int,
    topic: str,
    of_type: str | None,
    filter: str,
    action: str,
    begins: str,
    since: Any,
    status: Any,
) -> RuleOrders:
    return RuleOrders(
        name=name,
        version=version,
        topic=topic,
        of_type=of_type,
        where=msgspec.json.decode(filter),
        action=msgspec.json.decode(action, type=AnyAction),
        begins=msgspec.json.decode(begins, type=tuple[Beginning, ...]),
        since=since,
        status=status,
    )

"""What events of the ledger make of rules, effects and counts; pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from domain.effects.ledger import (
    EffectDropped,
    EffectRetried,
    EffectsAttempted,
    EffectsCrowded,
    EffectsSettled,
    EffectStanding,
    EffectStatus,
    LineClosed,
    LineTaken,
)
from domain.effects.rule import RuleAdded, RuleChanged, RulePaused, RuleRemoved, RuleResumed

LedgerEvent = (
    LineTaken
    | EffectsAttempted
    | EffectsSettled
    | EffectsCrowded
    | LineClosed
    | EffectRetried
    | EffectDropped
)
RuleEvent = RuleAdded | RuleChanged | RulePaused | RuleResumed | RuleRemoved

Counted = Literal[
    "attempted",
    "accepted",
    "rejected",
    "doubted",
    "repeated",
    "parked",
    "retried",
    "dropped",
    "crowded",
]
"""What is counted: effects that were attempted; what became of them; those that may have happened
without anybody knowing, and attempts of such once more; what operators said, of which a rule that
was removed drops all that was open of it; what was given up for want of room."""

CROWDED = "It was crowded out: too many effects of its line rest."

FINAL: Mapping[EffectStatus, Counted] = {
    "accepted": "accepted",
    "rejected": "rejected",
    "dropped": "dropped",
}


class EffectRow(msgspec.Struct, kw_only=True):
    """An effect, as the table has it."""

    id: str
    rule: str
    line: str
    kind: str
    target: str
    status: EffectStatus
    attempts: int
    doubted: bool
    reason: str
    due: datetime | None
    first_at: datetime
    last_at: datetime


class RuleRow(msgspec.Struct, kw_only=True):
    """A rule, as the table has it; `filter`, `action` and `begins` are JSON.

    `changed_by` is who had the last word.
    """

    name: str
    version: int
    topic: str
    of_type: str | None
    filter: str
    action: str
    begins: str
    since: datetime | None
    status: str
    added_at: datetime
    changed_at: datetime
    changed_by: str


def effects_named(event: LedgerEvent) -> Iterable[str]:
    """The effects that an event says something of."""
    match event:
        case (
            LineTaken(left=standings)
            | EffectsSettled(standings=standings)
            | LineClosed(left=standings)
        ):
            seqs = [each.seq for each in standings]
        case EffectsAttempted(seqs=attempted, rejected=rejected):
            seqs = [*attempted, *(each.seq for each in rejected)]
        case EffectsCrowded(seqs=crowded):
            seqs = crowded
        case EffectRetried(seq=seq) | EffectDropped(seq=seq):
            seqs = [seq]
    return [f"{event.originator_id}:{seq}" for seq in seqs]


class LedgerFold:
    """Effects by id, as they were before some events and as they are behind them.

    `changed` are those that events said something of, `counts` how often what happened, by rule,
    kind and what; `latest` is when something was last said of each line.
    """

    def __init__(self, known: Iterable[EffectRow]) -> None:
        self._rows = {row.id: row for row in known}
        self.changed: dict[str, EffectRow] = {}
        self.counts: Counter[tuple[str, str, Counted]] = Counter()
        self.latest: dict[str, datetime] = {}

    def take(self, event: LedgerEvent) -> None:
        """Take in what one event says."""
        self.latest[event.originator_id] = event.timestamp
        match event:
            case (
                LineTaken(left=standings)
                | EffectsSettled(standings=standings)
                | LineClosed(left=standings)
            ):
                for each in standings:
                    self._stand(event, each)
            case EffectsCrowded(seqs=seqs):
                for seq in seqs:
                    self._crowded(event, seq)
            case EffectsAttempted():
                self._attempted(event)
            case EffectRetried(seq=seq):
                row = self._row(event, seq)
                row.status, row.due = "waiting", event.timestamp
                self._count(row, "retried")
            case EffectDropped(seq=seq):
                self._stand(event, EffectStanding(seq=seq, status="dropped"))

    def _attempted(self, event: EffectsAttempted) -> None:
        for seq in event.seqs:
            id = f"{event.originator_id}:{seq}"
            if id not in self._rows:
                self._begin(event, id, "attempted")
            row = self._row(event, seq)
            self._count(row, "repeated" if row.doubted else "attempted")
            row.status, row.due, row.attempts = "attempted", None, row.attempts + 1
            row.kind, row.target = event.kind, event.target
        for each in event.rejected:
            row = self._begin(event, f"{event.originator_id}:{each.seq}", "rejected")
            row.reason = each.reason
            self._count(row, "rejected")

    def _begin(self, event: EffectsAttempted, id: str, status: EffectStatus) -> EffectRow:
        line = event.originator_id
        self._rows[id] = self.changed[id] = row = EffectRow(
            id=id,
            rule=line.partition(":")[0],
            line=line,
            kind=event.kind,
            target=event.target,
            status=status,
            attempts=0,
            doubted=False,
            reason="",
            due=None,
            first_at=event.timestamp,
            last_at=event.timestamp,
        )
        return row

    def _stand(self, event: LedgerEvent, standing: EffectStanding) -> None:
        row = self._row(event, standing.seq)
        if standing.doubted and not row.doubted:
            self._count(row, "doubted")
        row.status, row.due = standing.status, standing.due
        row.reason, row.doubted = standing.reason, row.doubted or standing.doubted
        if counted := FINAL.get(standing.status):
            self._count(row, counted)
        elif standing.status == "parked":
            self._count(row, "parked")

    def _crowded(self, event: EffectsCrowded, seq: int) -> None:
        row = self._row(event, seq)
        row.status, row.due, row.reason = "dropped", None, CROWDED
        self._count(row, "crowded")

    def _row(self, event: LedgerEvent, seq: int) -> EffectRow:
        row = self._rows[f"{event.originator_id}:{seq}"]
        row.last_at = event.timestamp
        self.changed[row.id] = row
        return row

    def _count(self, row: EffectRow, what: Counted) -> None:
        self.counts[row.rule, row.kind, what] += 1


def rules_after(
    known: Iterable[RuleRow], events: Iterable[tuple[RuleEvent, str | None]]
) -> Mapping[str, RuleRow]:
    """Rules by name, behind some events that are about them, each with who let it happen."""
    rows = {row.name: row for row in known}
    for event, actor in events:
        if isinstance(event, RuleAdded):
            rows[event.originator_id] = _added(event)
        row = rows[event.originator_id]
        row.version, row.changed_at = event.originator_version, event.timestamp
        row.changed_by = actor or ""
        match event:
            case RuleAdded() | RuleChanged():
                row.of_type = event.of_type
                row.filter, row.action = _json(event.where), _json(event.action)
            case RulePaused():
                row.status = "paused"
            case RuleResumed():
                row.status = "active"
            case RuleRemoved():
                row.status = "removed"
    return rows


def _added(event: RuleAdded) -> RuleRow:
    return RuleRow(
        name=event.originator_id,
        version=event.originator_version,
        topic=event.topic,
        of_type=event.of_type,
        filter="",
        action="",
        begins=_json(event.begins),
        since=event.since,
        status="active",
        added_at=event.timestamp,
        changed_at=event.timestamp,
        changed_by="",
    )


def _json(value: object) -> str:
    return msgspec.json.encode(value).decode()

"""A rule: on which events what is done in the world."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Annotated, Literal

import msgspec

from domain.aggregate import Aggregate, Command, decides, evolves
from domain.effects.names import RuleName
from domain.events import DomainEvent
from domain.personal import Tells, ThingId
from domain.refusals import Refusal
from domain.snapshot import Snapshot, State

Scalar = str | int | bool | None
"""What a field is compared with, and what an action is made of."""

Filter = Annotated[dict[str, Scalar], Tells.OPEN]
"""What fields have to be for a rule to hold; who makes a rule may name somebody in there."""

ActionFacts = Annotated[dict[str, Scalar], Tells.OPEN]
"""An action, its `kind` beside its fields: kinds come and grow without a new version of events."""

Status = Literal["active", "paused", "removed"]


class Beginning(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rule begins in one partition: at the event `next_seq`.

    That one is behind `offset` in the topic; of a log, with the state of the gate there.
    """

    partition: int
    offset: int = 0
    epoch: int = 0
    owner: ThingId = ""
    next_seq: int = 0


class RuleCommand(Command, frozen=True, kw_only=True):
    """A command for one rule; what it says was checked before."""

    by_hall = True

    rule: RuleName

    @property
    def aggregate_id(self) -> str:
        """The rule."""
        return self.rule


class AddRule(RuleCommand, frozen=True, kw_only=True, tag="rule.add"):
    """Do something on events of a topic from some places on, of one type or of all.

    With `since`, events from before are passed over.
    """

    topic: str
    type: str | None = None
    where: Mapping[str, Scalar] = msgspec.field(default_factory=dict)
    action: Mapping[str, Scalar]
    begins: Sequence[Beginning]
    since: Annotated[datetime, msgspec.Meta(tz=True)] | None = None


class ChangeRule(RuleCommand, frozen=True, kw_only=True, tag="rule.change"):
    """Do something else, or on other events, of what has not been taken yet."""

    type: str | None = None
    where: Mapping[str, Scalar] = msgspec.field(default_factory=dict)
    action: Mapping[str, Scalar]


class PauseRule(RuleCommand, frozen=True, kw_only=True, tag="rule.pause"):
    """Take no events for a while; they wait."""


class ResumeRule(RuleCommand, frozen=True, kw_only=True, tag="rule.resume"):
    """Take events again, from where the rule was."""


class RemoveRule(RuleCommand, frozen=True, kw_only=True, tag="rule.remove"):
    """Do nothing any more, for good."""


class RuleAdded(DomainEvent, frozen=True, kw_only=True, tag="rule.added.v1"):
    """The rule is there."""

    topic: ThingId
    of_type: ThingId | None
    where: Filter
    action: ActionFacts
    begins: Annotated[list[Beginning], Tells.NOBODY]
    since: datetime | None = None


class RuleChanged(DomainEvent, frozen=True, kw_only=True, tag="rule.changed.v1"):
    """Something else is done, or on other events."""

    of_type: ThingId | None
    where: Filter
    action: ActionFacts


class RulePaused(DomainEvent, frozen=True, kw_only=True, tag="rule.paused.v1"):
    """It takes no events for a while."""


class RuleResumed(DomainEvent, frozen=True, kw_only=True, tag="rule.resumed.v1"):
    """It takes events again."""


class RuleRemoved(DomainEvent, frozen=True, kw_only=True, tag="rule.removed.v1"):
    """Nothing is done by it any more."""


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """A rule as it stands."""

    name: str
    topic: str
    type: str | None
    where: Mapping[str, Scalar]
    action: Mapping[str, Scalar]
    status: Status


class RuleState(State, frozen=True, kw_only=True, tag="rule.snapshot.v1"):
    """A rule, as far as anything is decided on it."""

    topic: str
    of_type: str | None
    where: dict[str, Scalar]
    action: dict[str, Scalar]
    status: Status


class RuleNotFound(Refusal, type="rule-not-found", status=404):
    """There is no rule of this name."""


class RuleExists(Refusal, type="rule-exists"):
    """A rule of this name does something else, or begins elsewhere."""


class RuleGone(Refusal, type="rule-gone"):
    """The rule was removed, and its name stays its own."""


class Rule(Aggregate):
    """A rule; its stream key is its name.

    Guarantee: a name belongs to one rule for good, so that no two effects have the same id.
    """

    evicted_when_idle = True
    states = (RuleState,)

    def __init__(self, id: str) -> None:
        super().__init__(id)
        self._topic = ""
        self._of_type: str | None = None
        self._where: dict[str, Scalar] = {}
        self._action: dict[str, Scalar] = {}
        self._status: Status | None = None

    @decides(AddRule)
    def add(self, command: AddRule, _now: datetime) -> RuleView | None:
        """Add it; the same again changes nothing. Raises `RuleExists` and `RuleGone`."""
        if self._status is None:
            self._record(
                RuleAdded,
                topic=command.topic,
                of_type=command.type,
                where=dict(command.where),
                action=dict(command.action),
                begins=list(command.begins),
                since=command.since,
            )
        elif self._status == "removed":
            raise self._gone()
        elif (self._topic, *self._asked) != (command.topic, *_asked(command)):
            raise RuleExists(f"There is a rule {self.id!r} already; change it, or take another.")
        return self.view

    @decides(ChangeRule)
    def change(self, command: ChangeRule, _now: datetime) -> RuleView | None:
        """Change it; the same again changes nothing. Raises `RuleNotFound` and `RuleGone`."""
        self._require()
        if self._asked != _asked(command):
            self._record(
                RuleChanged,
                of_type=command.type,
                where=dict(command.where),
                action=dict(command.action),
            )
        return self.view

    @decides(PauseRule)
    def pause(self, _command: PauseRule, _now: datetime) -> RuleView | None:
        """Pause it; again changes nothing. Raises `RuleNotFound` and `RuleGone`."""
        self._require()
        if self._status == "active":
            self._record(RulePaused)
        return self.view

    @decides(ResumeRule)
    def resume(self, _command: ResumeRule, _now: datetime) -> RuleView | None:
        """Resume it; again changes nothing. Raises `RuleNotFound` and `RuleGone`."""
        self._require()
        if self._status == "paused":
            self._record(RuleResumed)
        return self.view

    @decides(RemoveRule)
    def remove(self, _command: RemoveRule, _now: datetime) -> RuleView | None:
        """Remove it; again changes nothing. Raises `RuleNotFound`."""
        if self._status is None:
            raise self._missing()
        if self._status != "removed":
            self._record(RuleRemoved)
        return self.view

    @property
    def _asked(self) -> tuple[object, ...]:
        return self._of_type, self._where, self._action

    def _require(self) -> None:
        if self._status is None:
            raise self._missing()
        if self._status == "removed":
            raise self._gone()

    def _missing(self) -> Refusal:
        return RuleNotFound(f"There is no rule {self.id!r}.")

    def _gone(self) -> Refusal:
        return RuleGone(
            f"The rule {self.id!r} was removed, and no other is called so, since its effects are;"
            " take another name."
        )

    @evolves(RuleAdded)
    def _on_added(self, event: RuleAdded) -> None:
        self._topic, self._status = event.topic, "active"
        self._of_type, self._where, self._action = event.of_type, event.where, event.action

    @evolves(RuleChanged)
    def _on_changed(self, event: RuleChanged) -> None:
        self._of_type, self._where, self._action = event.of_type, event.where, event.action

    @evolves(RulePaused)
    def _on_paused(self, _event: RulePaused) -> None:
        self._status = "paused"

    @evolves(RuleResumed)
    def _on_resumed(self, _event: RuleResumed) -> None:
        self._status = "active"

    @evolves(RuleRemoved)
    def _on_removed(self, _event: RuleRemoved) -> None:
        self._status = "removed"

    @property
    def view(self) -> RuleView | None:
        """The rule as it stands."""
        if self._status is None:
            return None
        return RuleView(
            name=self.id,
            topic=self._topic,
            type=self._of_type,
            where=self._where,
            action=self._action,
            status=self._status,
        )

    def state(self) -> RuleState:
        """All that is decided on."""
        return RuleState(
            topic=self._topic,
            of_type=self._of_type,
            where=self._where,
            action=self._action,
            status=self._status or "removed",  # one that has happened has one
        )

    def _restore(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        assert isinstance(state, RuleState)
        self._topic, self._status = state.topic, state.status
        self._of_type, self._where, self._action = state.of_type, state.where, state.action


def _asked(command: AddRule | ChangeRule) -> tuple[object, ...]:
    return command.type, command.where, command.action


def gone_with(rule: str) -> RuleGone:
    """The refusal to do anything more for a rule that was removed."""
    return RuleGone(f"The rule {rule!r} was removed, so nothing of it is tried any more.")

"""Orders, and kitchens that follow them: a system of applications that react to each other."""

from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import ProcessingEvent
from eventsourcing.dispatch import singledispatchmethod
from eventsourcing.domain import (
    Aggregate,
    AggregateCreated,
    AggregateEvent,
    DomainEventProtocol,
    event,
)
from eventsourcing.system import ProcessApplication, System


class Order(Aggregate):
    class Placed(AggregateCreated):
        dish: str

    @event(Placed)
    def __init__(self, dish: str) -> None:
        self.dish = dish
        self.is_ready = False

    @event("MadeReady")
    def make_ready(self) -> None:
        self.is_ready = True


class Ticket(Aggregate):
    class Cooked(AggregateEvent):
        order: UUID

    @event("Opened")
    def __init__(self, order: UUID, dish: str) -> None:
        self.order = order
        self.dish = dish

    @classmethod
    def create_id(cls, order: UUID, dish: str) -> UUID:
        return uuid5(NAMESPACE_URL, f"/tickets/{order}")

    @event(Cooked)
    def cook(self, order: UUID) -> None:
        pass


class Orders(ProcessApplication[UUID]):
    def place(self, dish: str) -> UUID:
        order = Order(dish)
        self.save(order)
        return order.id

    def is_ready(self, id: UUID) -> bool:
        order: Order = self.repository.get(id)
        return order.is_ready

    @singledispatchmethod
    def policy(
        self, domain_event: DomainEventProtocol[UUID], processing_event: ProcessingEvent[UUID]
    ) -> None:
        """Orders are ready when their tickets have been cooked."""

    @policy.register
    def _(self, cooked: Ticket.Cooked, processing_event: ProcessingEvent[UUID]) -> None:
        order: Order = self.repository.get(cooked.order)
        order.make_ready()
        processing_event.collect_events(order)


class Kitchen(ProcessApplication[UUID]):
    @singledispatchmethod
    def policy(
        self, domain_event: DomainEventProtocol[UUID], processing_event: ProcessingEvent[UUID]
    ) -> None:
        """The kitchen cooks what is ordered."""

    @policy.register
    def _(self, placed: Order.Placed, processing_event: ProcessingEvent[UUID]) -> None:
        ticket = Ticket(placed.originator_id, placed.dish)
        ticket.cook(placed.originator_id)
        processing_event.collect_events(ticket)


RESTAURANT = System(pipes=[[Orders, Kitchen, Orders]])

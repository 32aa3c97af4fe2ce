"""A shopping cart with explicit events, each of which says what it changes."""

from decimal import Decimal
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, Application
from eventsourcing.domain import Aggregate, AggregateCreated, AggregateEvent


class CartSubmitted(Exception):
    """The cart can no longer be changed."""


class CartFull(Exception):
    """The cart holds as many items as it may."""


class Cart(Aggregate):
    MOST_ITEMS = 3

    class Started(AggregateCreated):
        pass

    class ItemAdded(AggregateEvent):
        product: str
        price: Decimal

        def apply(self, aggregate: Aggregate) -> None:
            assert isinstance(aggregate, Cart)
            aggregate.items[self.product] = self.price

    class ItemRemoved(AggregateEvent):
        product: str

        def apply(self, aggregate: Aggregate) -> None:
            assert isinstance(aggregate, Cart)
            del aggregate.items[self.product]

    class Submitted(AggregateEvent):
        def apply(self, aggregate: Aggregate) -> None:
            assert isinstance(aggregate, Cart)
            aggregate.is_submitted = True

    def __init__(self) -> None:
        self.items: dict[str, Decimal] = {}
        self.is_submitted = False

    @classmethod
    def start(cls, id: UUID) -> "Cart":
        return cls._create(cls.Started, id=id)

    def add(self, product: str, price: Decimal) -> None:
        self._refuse_submitted()
        if len(self.items) == self.MOST_ITEMS:
            raise CartFull(f"A cart holds {self.MOST_ITEMS} items.")
        self.trigger_event(self.ItemAdded, product=product, price=price)

    def remove(self, product: str) -> None:
        self._refuse_submitted()
        self.trigger_event(self.ItemRemoved, product=product)

    def submit(self) -> None:
        self._refuse_submitted()
        self.trigger_event(self.Submitted)

    def _refuse_submitted(self) -> None:
        if self.is_submitted:
            raise CartSubmitted(f"Cart {self.id} has been submitted.")


class Carts(Application[UUID]):
    def add(self, id: UUID, product: str, price: Decimal) -> None:
        cart = self.cart(id)
        cart.add(product, price)
        self.save(cart)

    def remove(self, id: UUID, product: str) -> None:
        cart = self.cart(id)
        cart.remove(product)
        self.save(cart)

    def submit(self, id: UUID) -> None:
        cart = self.cart(id)
        cart.submit()
        self.save(cart)

    def cart(self, id: UUID) -> Cart:
        try:
            return self.repository.get(id)
        except AggregateNotFoundError:
            return Cart.start(id)

"""Pages with names that can change and be taken over, and a list of all that were ever made."""

from collections.abc import Iterator
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.application import AggregateNotFoundError, Application, EventSourcedLog
from eventsourcing.domain import Aggregate, DomainEvent, event


class NameTaken(Exception):
    """Another page has this name."""


class Page(Aggregate):
    @event("Made")
    def __init__(self, name: str, title: str) -> None:
        self.name = name
        self.title = title
        self.body = ""

    @event("Rewritten")
    def rewrite(self, body: str) -> None:
        self.body = body

    @event("Renamed")
    def rename(self, name: str) -> None:
        self.name = name


class Name(Aggregate):
    """Says which page has a name, if one has; found by the name itself."""

    @event("Given")
    def __init__(self, name: str, page: UUID | None) -> None:
        self.name = name
        self.page = page

    @classmethod
    def create_id(cls, name: str, page: UUID | None = None) -> UUID:
        return uuid5(NAMESPACE_URL, f"/names/{name}")

    @event("Passed")
    def give(self, page: UUID | None) -> None:
        self.page = page


class PageLogged(DomainEvent):
    page: UUID


class Pages(Application[UUID]):
    def __init__(self, env: dict[str, str] | None = None) -> None:
        super().__init__(env)
        self.made = EventSourcedLog(self.events, uuid5(NAMESPACE_URL, "/pages"), PageLogged)

    def make(self, name: str, title: str) -> UUID:
        page = Page(name, title)
        self.save(page, self._named(name, page.id), self.made.trigger_event(page=page.id))
        return page.id

    def rename(self, old: str, new: str) -> None:
        page = self.page(old)
        page.rename(new)
        self.save(page, self._named(old, None), self._named(new, page.id))

    def rewrite(self, name: str, body: str) -> None:
        page = self.page(name)
        page.rewrite(body)
        self.save(page)

    def page(self, name: str) -> Page:
        named: Name = self.repository.get(Name.create_id(name))
        if named.page is None:
            raise AggregateNotFoundError(f"No page is called {name!r} any more.")
        return self.repository.get(named.page)

    def all(self) -> Iterator[Page]:
        for logged in self.made.get():
            yield self.repository.get(logged.page)

    def _named(self, name: str, page: UUID | None) -> Name:
        try:
            named: Name = self.repository.get(Name.create_id(name))
        except AggregateNotFoundError:
            return Name(name, page)
        if page is not None and named.page is not None:
            raise NameTaken(f"A page is called {name!r} already.")
        named.give(page)
        return named

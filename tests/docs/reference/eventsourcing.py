"""The page of applications of the eventsourcing library."""

from collections.abc import Iterator

from infra.eventlog.recorders.events import Stored, Tracked
from tests.docs import recorders
from tests.docs.reference.events import event_section
from tests.docs.reference.text import table


def recorder_settings() -> Iterator[str]:
    """Every variable that the persistence module reads."""
    yield from table(["variable", "what it is"], recorders.settings())


def recorder_events() -> Iterator[str]:
    """What recorders write."""
    yield from event_section(Stored)
    yield from event_section(Tracked)


def library_cases() -> Iterator[str]:
    """The library's own cases, and who inherits them."""
    yield from table(["case", "tests", "inherited by"], recorders.cases_table())
    yield ""
    yield from recorders.overridden_methods()


WRITERS = {
    "recorder-settings": recorder_settings,
    "recorder-events": recorder_events,
    "library-cases": library_cases,
}

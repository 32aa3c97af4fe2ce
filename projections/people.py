"""What a read model says of people: of each table column by column, of each key field by field."""

from collections.abc import Sequence
from typing import LiteralString, NamedTuple

NOTHING: tuple[str, ...] = ()


class TableSays(NamedTuple):
    """The columns of a table, each named once.

    `of` hold the ids of whom a row is about, or of who decided it; such ids stay. `sealed` ends
    with its person's key, `emptied` by the fold of an erasure. `open` is said of the person and
    stays, for the reason that `stays` gives; `facts` tell nothing of anybody but what they count.

    A person is told the rows that name them, or those that `found` finds by `%(user_id)s`. With
    `instead`, they are told the same elsewhere, and it says where.
    """

    facts: Sequence[str] = NOTHING
    of: Sequence[LiteralString] = ()
    sealed: Sequence[str] = NOTHING
    emptied: Sequence[str] = NOTHING
    open: Sequence[str] = NOTHING
    stays: str = ""
    found: LiteralString = ""
    instead: str = ""

    @property
    def names(self) -> list[str]:
        """Every column that is declared."""
        return [*self.facts, *self.of, *self.sealed, *self.emptied, *self.open]

    @property
    def condition(self) -> LiteralString:
        """What finds the rows of a person."""
        return self.found or " OR ".join([f"{column} = %(user_id)s" for column in self.of])


class KeySays(NamedTuple):
    """Keys in Redis of one kind, as a pattern with `*` for what differs.

    A hash has the `fields` beside those that hold ids of people (`of`) or are `sealed`; of another
    hash or set, `members` says what its members are. Whatever they hold is told with the log or
    the tables that they are folded from.
    """

    pattern: str
    members: str = ""
    fields: Sequence[str] = NOTHING
    of: Sequence[str] = NOTHING
    sealed: Sequence[str] = NOTHING

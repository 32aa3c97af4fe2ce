"""A line of a million people that can say at once how many are ahead of anyone in it."""

from array import array
from bisect import bisect_left, insort
from collections.abc import Iterable, Mapping
from itertools import compress

BLOCK_ENTRIES = 256
"""Entries per counted block: small enough to count a part of one, large enough that the tree
over all blocks of a million entries is 4,000 numbers."""

COMPACT_ABOVE_ENTRIES = 1_024
"""Below this many entries, gaps cost nothing worth the work of closing them."""


class Lane:
    """Everyone of one priority, in order of arrival.

    An entry is a ticket and a live flag, both appended and never moved; leaving clears the flag.
    Live flags are counted in blocks, and the counts of full blocks are kept in a binary indexed
    tree (P. M. Fenwick, "A New Data Structure for Cumulative Frequency Tables", Software: Practice
    and Experience 24(3), 1994). A tree node that is last has no successors to keep in step, so
    an arrival costs O(1); leaving and asking for a position cost O(log n), the tree's part of
    leaving only when somebody asks. Once more than half of the entries are gone the rest moves
    together, which costs O(1) for each that went.

    Memory: 9 bytes for an entry and 8 for every 256 of them, at most doubled by gaps.
    """

    __slots__ = ("_flags", "_head", "_left", "_tickets", "_tree", "live", "priority")

    def __init__(self, priority: int, tickets: Iterable[int] = ()) -> None:
        self.priority = priority
        self._head = 0
        self._set(array("Q", tickets))

    def append(self, ticket: int) -> None:
        """Add a ticket, greater than every one before it, at the end."""
        self._tickets.append(ticket)
        flags = self._flags
        flags.append(1)
        self.live += 1
        if len(flags) % BLOCK_ENTRIES == 0:
            self._count_block()

    def remove(self, ticket: int) -> None:
        """Take a ticket out; raises `KeyError` when it does not wait here."""
        index = self._index(ticket)
        self._flags[index] = 0
        self.live -= 1
        block = index // BLOCK_ENTRIES
        if block + 1 < len(self._tree):
            self._left[block] = self._left.get(block, 0) + 1
        if len(self._flags) > COMPACT_ABOVE_ENTRIES and self.live * 2 < len(self._flags):
            self._compact()

    def head(self) -> int:
        """The first ticket; only when somebody is live."""
        self._head = self._flags.index(1, self._head)
        return self._tickets[self._head]

    def rank(self, ticket: int) -> int:
        """The place of a ticket in this lane, from 1; raises `KeyError` when it is not here."""
        index = self._index(ticket)
        block = index // BLOCK_ENTRIES
        place = self._flags.count(1, block * BLOCK_ENTRIES, index + 1)
        if self._left:
            self._count_out()
        tree = self._tree
        while block:
            place += tree[block]
            block &= block - 1
        return place

    def _index(self, ticket: int) -> int:
        tickets, flags = self._tickets, self._flags
        index = flags.find(1, self._head)
        if index >= 0:
            self._head = index
            if tickets[index] == ticket:
                return index  # mostly it is the head who goes
        index = bisect_left(tickets, ticket)
        if index == len(tickets) or tickets[index] != ticket or not flags[index]:
            raise KeyError(ticket)
        return index

    def _count_out(self) -> None:
        """Take those who have left full blocks out of the tree."""
        tree = self._tree
        for block, count in self._left.items():
            node = block + 1
            while node < len(tree):
                tree[node] -= count
                node += node & -node
        self._left.clear()

    def _count_block(self) -> None:
        """Append the tree's next node, for the block that has become full and those below it."""
        tree = self._tree
        node = len(tree)
        below, total = node - 1, self._flags.count(1, (node - 1) * BLOCK_ENTRIES)
        while below > node - (node & -node):
            total += tree[below]
            below &= below - 1
        tree.append(total)

    def _compact(self) -> None:
        """Close the gaps."""
        self._set(array("Q", compress(self._tickets, self._flags)))

    def _set(self, tickets: "array[int]") -> None:
        """Let just these wait. The flags are then all set, so the tree's nodes are known sums."""
        self.live = len(tickets)
        self._tickets = tickets
        self._flags = bytearray(b"\x01") * self.live
        self._head = 0
        self._left: dict[int, int] = {}
        self._tree = [0]
        self._tree += [
            BLOCK_ENTRIES * (node & -node) for node in range(1, self.live // BLOCK_ENTRIES + 1)
        ]


class Line:
    """People waiting, higher priority first and within a priority in order of arrival.

    People are known by their ticket, a number that grows with every arrival. With `n` waiting
    and `p` priorities in use, joining costs O(p), everything else O(p + log n).
    """

    __slots__ = ("_lanes", "_order")

    def __init__(self, waiting: Mapping[int, Iterable[int]] | None = None) -> None:
        """Begin with the tickets of each priority, in the order of arrival."""
        self._lanes = {priority: Lane(priority, each) for priority, each in (waiting or {}).items()}
        self._order = sorted(self._lanes.values(), key=lambda lane: -lane.priority)

    def __len__(self) -> int:
        return sum(lane.live for lane in self._order)

    def add(self, priority: int, ticket: int) -> None:
        """Let someone in at the end of their priority."""
        lane = self._lanes.get(priority)
        if lane is None:
            lane = self._lanes[priority] = Lane(priority)
            insort(self._order, lane, key=lambda other: -other.priority)
        lane.append(ticket)

    def remove(self, priority: int, ticket: int) -> None:
        """Let someone go; raises `KeyError` when they are not in line."""
        self._lanes[priority].remove(ticket)

    def head(self) -> int | None:
        """The ticket of who is next, or None when nobody waits."""
        for lane in self._order:
            if lane.live:
                return lane.head()
        return None

    def position(self, priority: int, ticket: int) -> int:
        """The place in line, 1 being the head; raises `KeyError` when not in line."""
        return self._ahead_of(priority) + self._lanes[priority].rank(ticket)

    def next_position(self, priority: int) -> int:
        """The place that someone of this priority would get now."""
        lane = self._lanes.get(priority)
        return self._ahead_of(priority) + (lane.live if lane else 0) + 1

    def _ahead_of(self, priority: int) -> int:
        ahead = 0
        for lane in self._order:
            if lane.priority <= priority:
                break
            ahead += lane.live
        return ahead

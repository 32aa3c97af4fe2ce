"""The gate: what makes a Kafka partition arbitrate between writers.

Kafka appends whatever any producer sends. The gate decides, from the prefix of the partition
alone, which records count. Every reader runs it, so all of them agree, and a writer that lost the
shard without noticing (a zombie) writes records that nobody believes. The epoch of a claim is what
the field calls a fencing epoch, or fencing token.

The three rules, and what each is for:

1. A claim is accepted iff its epoch is higher than any before it: two candidates cannot both win.
2. A commit is accepted iff its epoch and owner are those of the last accepted claim: what a
   predecessor still writes no longer counts.
3. ... and iff its sequence number is the next one: a lost, repeated or reordered record takes all
   that was decided on top of it down with it.

The rules follow Tango's deciding on playback (Balakrishnan et al., SOSP 2013) and the
leader epochs of replicated logs; `tests/eventlog/test_mutants.py` shows that each one is needed.
"""

from typing import Final, Literal, get_args

RefusalReason = Literal["old-epoch", "not-the-owner", "gap", "repeated", "malformed"]
REASONS: Final[tuple[RefusalReason, ...]] = get_args(RefusalReason)


class Gate:
    """The fold of one shard's records: who owns it, in which epoch, and what comes next."""

    __slots__ = ("epoch", "next_seq", "owner", "refused")

    def __init__(self, epoch: int = 0, owner: str = "", next_seq: int = 0) -> None:
        self.epoch = epoch
        self.owner = owner
        self.next_seq = next_seq
        self.refused: dict[RefusalReason, int] = dict.fromkeys(REASONS, 0)

    def claim(self, epoch: int, owner: str) -> bool:
        """Whether a claim takes the shard; if it does, `owner` owns it from here on."""
        if epoch <= self.epoch:
            return self.refuse("old-epoch")
        self.epoch, self.owner = epoch, owner
        return True

    def commit(self, epoch: int, owner: str, seq: int, count: int) -> bool:
        """Whether a commit of `count` events from `seq` on counts.

        An empty commit moves nothing, so a repetition of it is accepted again.
        """
        if epoch != self.epoch or owner != self.owner:
            return self.refuse("old-epoch" if epoch < self.epoch else "not-the-owner")
        if seq != self.next_seq:
            return self.refuse("gap" if seq > self.next_seq else "repeated")
        self.next_seq += count
        return True

    def refuse(self, reason: RefusalReason) -> Literal[False]:
        """Count a record that is ignored."""
        self.refused[reason] += 1
        return False

"""What an account knows of a name of one kind: which it has, and which claims are used up."""

from dataclasses import dataclass
from datetime import datetime

from domain.accounts.claimed_name import NEVER
from domain.accounts.names import told
from domain.accounts.refusals import ClaimLapsed, ClaimMissing
from domain.accounts.states import HeldState


@dataclass(slots=True)
class HeldName:
    """A handle or an address that an account has, behind its mark, or has not.

    It is taken only by a claim that ends later than all of its kind that were used or forgone.
    """

    name: str | None = None
    claimed_until: datetime = NEVER
    spent_until: datetime = NEVER

    def good(self, name: str, until: datetime | None) -> datetime:
        """The end of a claim by which another one may be taken.

        Raises `ClaimMissing` and `ClaimLapsed`.
        """
        if until is None:
            raise ClaimMissing(f"The account takes {told(name)} by a claim alone; claim it first.")
        if until <= self.spent_until:
            raise ClaimLapsed(
                f"The claim on {told(name)} is older than another that the account"
                " has used or given back; ask again."
            )
        return until

    def take(self, name: str, until: datetime) -> None:
        """Have a name."""
        self.name, self.claimed_until = name, until
        self.spend(until)

    def keep(self, until: datetime) -> None:
        """Have the same one by a later claim."""
        self.claimed_until = max(self.claimed_until, until)
        self.spend(until)

    def spend(self, until: datetime) -> None:
        """Take nothing by this claim any more, nor by one before it."""
        self.spent_until = max(self.spent_until, until)

    def state(self) -> HeldState:
        """All of it."""
        return HeldState(
            name=self.name, claimed_until=self.claimed_until, spent_until=self.spent_until
        )

    @classmethod
    def of(cls, state: HeldState) -> "HeldName":
        """As it was."""
        return cls(state.name, state.claimed_until, state.spent_until)

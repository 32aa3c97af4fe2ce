"""How an account says no."""

from domain.refusals import Refusal


class AccountNotFound(Refusal, type="account-not-found", status=404):
    """Nobody has registered such an account, or it is deleted."""


class AccountExists(Refusal, type="account-exists"):
    """Who registers has an account already, with another handle."""


class AccountIsDisabled(Refusal, type="account-disabled", status=403):
    """An operator has disabled the account."""


class NoAccountId(Refusal, type="no-account-id", status=422):
    """Ids that begin so are those of handles or addresses."""


class NotAGuest(Refusal, type="not-a-guest", status=422):
    """Only guests are merged, and not into themselves."""


class GuestHasAccount(Refusal, type="guest-has-account"):
    """Who has an account, or had one, is no guest any more."""


class GuestIsMerged(Refusal, type="guest-merged"):
    """A guest belongs to one account, and for good."""


class ClaimMissing(Refusal, type="claim-missing"):
    """The account takes no handle and no address that is not kept for it."""


class ClaimLapsed(Refusal, type="claim-lapsed"):
    """A later claim was used or given back before this one; ask again."""


class EmailMissing(Refusal, type="email-missing", status=404):
    """The account has no e-mail address."""


class EmailMalformed(Refusal, type="email-malformed", status=422):
    """Nobody gets a mail at such an address."""


class WayInGone(Refusal, type="way-in-gone", status=403):
    """A passkey was removed, an address changed, or the account deleted, a moment ago."""


class TooManyPasskeys(Refusal, type="too-many-passkeys"):
    """The account has as many passkeys as it may."""


class PasskeyNotFound(Refusal, type="passkey-not-found", status=404):
    """The account has no such passkey."""


class LastWayIn(Refusal, type="last-way-in"):
    """Without it nobody could sign in to the account any more."""

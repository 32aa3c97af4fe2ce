"""How a feed says no."""

from domain.refusals import Refusal


class EntryUnknown(Refusal, type="entry-unknown", status=422):
    """The feed has no entry of this number."""

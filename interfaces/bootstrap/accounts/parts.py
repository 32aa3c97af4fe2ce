"""What accounts need of the world, over HTTP."""

from application.accounts.people import AccountOfPeople
from interfaces.bootstrap.api import Foundation


async def build(_base: Foundation) -> list[object]:
    """Build what closes the account of somebody who is erased."""
    return [AccountOfPeople()]

"""What accounts need of the world, over HTTP."""

from application.accounts.avatars import Avatars
from application.accounts.people import AccountOfPeople
from infra.objects import StoredObjects, store_at
from infra.pictures import avatar_of
from interfaces.bootstrap.api import Foundation


async def build(base: Foundation) -> list[object]:
    """Build what closes the account of somebody who is erased, and what keeps avatars."""
    objects = StoredObjects(store_at(base.settings.objects_url, base.settings.home / "objects"))
    return [AccountOfPeople(), Avatars(objects, avatar_of)]

"""What pushing to browsers needs of the world, over HTTP."""

from infra.effects.web_push import public_key
from infra.push_subscriptions import BrowsersInPostgres, BrowsersOfPeople
from interfaces.bootstrap.api import Foundation
from interfaces.http.push.routes import Push
from interfaces.push_key import push_key


async def build(base: Foundation) -> list[object]:
    """Build what keeps browsers, and forgets them with their people."""
    subscriptions = BrowsersInPostgres(base.postgres, base.seals)
    key = push_key(base.settings.pass_key_folder)
    return [Push(subscriptions, public_key(key)), BrowsersOfPeople(subscriptions)]

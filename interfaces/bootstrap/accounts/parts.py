"""What accounts need of the world, over HTTP."""

from application.accounts.avatars import Avatars
from application.accounts.claiming import Claims
from application.accounts.people import AccountOfPeople
from infra.merged_people import GuestsInPostgres
from infra.objects import StoredObjects, store_at
from infra.once import OnceInRedis, TriesInRedis
from infra.passkey_uses import PasskeyUsesInPostgres
from infra.pictures import avatar_of
from interfaces.bootstrap.accounts.mail import parts_of_mail
from interfaces.bootstrap.api import Foundation
from interfaces.http.accounts.ceremonies import Ceremonies
from projections.accounts import ACCOUNTS


async def build(base: Foundation) -> list[object]:
    """Build what accounts do beside their events: passkeys, claims, avatars, mails, their end."""
    ceremonies = Ceremonies(
        base.tokens,
        OnceInRedis(base.redis),
        PasskeyUsesInPostgres(base.postgres),
        base_url=base.settings.base_url,
        leeway_s=base.settings.clock_leeway_seconds,
    )
    objects = StoredObjects(store_at(base.settings.objects_url, base.settings.home / "objects"))
    guests = GuestsInPostgres(base.settings.kafka_bootstrap, base.postgres, base.queries(ACCOUNTS))
    claims = Claims(TriesInRedis(base.redis))
    mail = await parts_of_mail(base)
    return [ceremonies, claims, AccountOfPeople(guests), Avatars(objects, avatar_of), *mail]

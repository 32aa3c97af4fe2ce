"""The adapters of all kinds."""

from contextlib import ExitStack
from email.utils import parseaddr

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from application.effects.ports import Adapter, Adapters, Effect
from application.ports.deliveries import Delivery
from domain.effects import actions
from domain.effects.actions import Action
from infra.effects.email import Emails
from infra.effects.file import FileLines
from infra.effects.outward import ANYWHERE, Outward, checked_client
from infra.effects.posting import PATIENCE_S, Post
from infra.effects.redis import RedisKeys
from infra.effects.sms import TextMessages
from infra.effects.socket import SocketMessages
from infra.effects.table import TableRows
from infra.effects.tcp import TcpLines
from infra.effects.telling import TellingInRedis
from infra.effects.topic import TopicRecords
from infra.effects.web_push import Signer, WebPushes
from infra.effects.webhook import Webhooks
from interfaces.bootstrap.accounts.mail import mail_of
from interfaces.bootstrap.effects.people import KnownPeople
from interfaces.bootstrap.topics import declared
from interfaces.push_key import push_key
from interfaces.settings import Settings

NOBODY = "mailto:nobody@hall.invalid"
"""Whom push services may write to about a hall that has told no address."""


def adapters(
    settings: Settings,
    held: ExitStack,  # noqa: ARG001  they close themselves
    seconds: float = PATIENCE_S,
) -> Adapters:
    """Build an adapter of each kind, for one event loop; each effect may take so many seconds.

    A mail may take twice as long, since it takes several answers.

    Nothing is connected to before the first effect of a kind, and every adapter closes what it has
    opened. Raises `SetupError` and `SettingsRefused`.
    """
    secret = settings.signing_secret(make=True)
    outward = Outward(settings.effect_networks)
    people = KnownPeople(settings)
    mail = mail_of(settings, 2 * seconds)
    signer = Signer(push_key(settings.pass_key_folder), contact_of(settings))
    ours = {topic.name for topic in declared(settings.log_partitions)}
    of_kinds: dict[type[Action], Adapter] = {
        actions.SocketMessage: SocketMessages(TellingInRedis(_redis(settings), seconds)),
        actions.TcpLine: TcpLines(outward, seconds=seconds),
        actions.Webhook: Webhooks(_post(outward, seconds), secret),
        actions.TableRow: TableRows(settings.effects_dsn, seconds),
        actions.Email: _WithPeople(Emails(mail, people.address_of), people),
        actions.WebPush: _WithPeople(WebPushes(_post(outward, seconds), people, signer), people),
        actions.TextMessage: TextMessages(
            _post(Outward(ANYWHERE), seconds), settings.sms_url, secret
        ),
        actions.RedisKey: RedisKeys(_redis(settings), seconds),
        actions.FileLine: FileLines(settings.home / "effects", seconds),
        actions.TopicRecord: TopicRecords(settings.kafka_bootstrap, ours, seconds),
    }
    return {str(kind.__struct_config__.tag): adapter for kind, adapter in of_kinds.items()}


class _WithPeople:
    """An adapter that is closed with what it knows of people."""

    def __init__(self, adapter: Adapter, people: KnownPeople) -> None:
        self._adapter = adapter
        self._people = people

    async def perform(self, effect: Effect) -> Delivery:
        """See the port."""
        return await self._adapter.perform(effect)

    async def close(self) -> None:
        """See the port."""
        await self._adapter.close()
        await self._people.close()


def contact_of(settings: Settings) -> str:
    """Whom push services may write to: who sends the hall's mails, or where it is."""
    if settings.mail_from:
        return f"mailto:{parseaddr(settings.mail_from)[1]}"
    return settings.base_url if settings.is_https else NOBODY


def _post(outward: Outward, seconds: float) -> Post:
    return Post(lambda: checked_client(outward), seconds)


def _redis(settings: Settings) -> Redis:
    """A client of its own, which does not try again by itself."""
    return Redis.from_url(
        settings.redis_url,
        decode_responses=True,
        socket_connect_timeout=PATIENCE_S,
        retry=Retry(NoBackoff(), 0),
    )

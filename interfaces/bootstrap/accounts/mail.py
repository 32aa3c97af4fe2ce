"""Mail, for what signs people in by it: where it goes, and what it stands on."""

from application.accounts.by_mail import MailSignIns, Postage, Sending
from application.accounts.email_changes import EmailChanges
from application.errands import Errands
from infra.errors import SetupError
from infra.mail.attempts import AttemptsInRedis
from infra.mail.sink_mails import SinkMails
from infra.mail.smtp import MAIL_TIMEOUT_S, SmtpMail
from infra.once import TriesInRedis
from interfaces.bootstrap.api import Foundation
from interfaces.http.operations.mails import Sink
from interfaces.settings import Settings
from projections.accounts import ACCOUNTS

SENDER_OF_SINK = "Gamehall <hall@gamehall.example>"


def mail_of(settings: Settings, seconds: float = MAIL_TIMEOUT_S) -> SmtpMail | None:
    """What sends mails, or brings them to the sink; None where there is neither.

    Each is given up after so many seconds.

    Raises `SetupError` where nobody has said who they are from.
    """
    if settings.smtp_url is None:
        url = settings.sink_url
        return SmtpMail(url, settings.mail_from or SENDER_OF_SINK, seconds) if url else None
    if settings.mail_from is None:
        raise SetupError(
            "GAMEHALL_SMTP_URL is set, and GAMEHALL_MAIL_FROM is not; give the address that mails"
            " are from."
        )
    return SmtpMail(settings.smtp_url, settings.mail_from, seconds)


async def parts_of_mail(base: Foundation) -> list[object]:
    """Build what signs people in by mail, as far as there is any; what waits is sent at the end."""
    mail = mail_of(base.settings)
    if mail is None:
        return []
    errands = Errands()
    await base.held.enter_async_context(errands.running())
    sending = Sending(
        postage=Postage(mail, TriesInRedis(base.redis)),
        attempts=AttemptsInRedis(base.redis),
        seals=base.seals,
        digest=base.tokens.digest_for,
        errands=errands,
    )
    page = f"{base.settings.base_url}/sign-in"
    sign_ins = MailSignIns(sending, base.queries(ACCOUNTS), page)
    sink = base.settings.sink_url
    kept = [Sink(SinkMails(sink))] if sink else []
    return [sign_ins, EmailChanges(sending), *kept]

"""E-mail addresses: the one form in which each is known."""

from email_validator import EmailNotValidError, validate_email

from application.ports.mail import ENCODED
from domain.accounts.refusals import EmailMalformed

MOST_ADDRESS_CHARACTERS = 254


def canonical_email(text: str) -> str:
    """The one form of an address, in ASCII; raises `EmailMalformed`.

    Case does not count, since telephones begin with a capital; mails go to this form alone. Nothing
    else is guessed: with a dot or a tag it is another one.
    """
    if ENCODED in text:
        raise EmailMalformed(f"No mail goes to an e-mail address with {ENCODED} in it.")
    try:
        found = validate_email(
            text[: MOST_ADDRESS_CHARACTERS + 1], check_deliverability=False, allow_smtputf8=False
        )
    except EmailNotValidError as error:
        raise EmailMalformed(f"That is no e-mail address. {str(error).rstrip('.')}.") from None
    return (found.ascii_email or found.normalized).lower()

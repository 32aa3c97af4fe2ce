"""What the hall writes to people."""

from application.ports.mail import MailMessage

BY_MISTAKE = "If you have not asked for this, leave it: nothing happens, and nobody learns of you."


def in_two(code: str) -> str:
    """A code as people read it."""
    return f"{code[: len(code) // 2]} {code[len(code) // 2 :]}"


def to_sign_in(to: str, code: str, link: str, minutes: int, *, known: bool) -> MailMessage:
    """The way in, for who has an account, and for who may open one."""
    purpose = "sign in" if known else "open an account: there is none with this address yet"
    return MailMessage(
        to=to,
        subject=f"{in_two(code)} is your code",
        text=f"""Somebody, most likely you, has asked to {purpose}.

Type this code at the browser where you asked:

    {in_two(code)}

Or open this address, at any browser:

{link}

Both are good for {minutes} minutes, until you use one of them.
Give them to nobody: nobody of us will ever ask for them.

{BY_MISTAKE}
""",
    )


def of_disabled_account(to: str) -> MailMessage:
    """No way in."""
    return MailMessage(
        to=to,
        subject="Your account is disabled",
        text=f"""Somebody, most likely you, has asked to sign in.

The account with this address is disabled, so nobody can. Who runs the hall can enable it.

{BY_MISTAKE}
""",
    )


def to_confirm_address(to: str, code: str, minutes: int) -> MailMessage:
    """The code that makes an address that of an account."""
    return MailMessage(
        to=to,
        subject=f"{in_two(code)} confirms your address",
        text=f"""Somebody wants their account to have this address. If that is you, type this code
where you asked for it, within {minutes} minutes:

    {in_two(code)}

{BY_MISTAKE}
""",
    )


def of_new_address(to: str) -> MailMessage:
    """It has become the address of an account."""
    return MailMessage(
        to=to,
        subject="Your account has this address now",
        text="""From now on, mails to this address sign you in to your account.
""",
    )


def of_former_address(to: str) -> MailMessage:
    """It is no longer the address of an account."""
    return MailMessage(
        to=to,
        subject="Your account has this address no more",
        text="""Mails to this address no longer sign you in to your account: somebody who was signed
in to it, most likely you, has changed or removed the address.

If that was not you, tell who runs the hall at once.
""",
    )

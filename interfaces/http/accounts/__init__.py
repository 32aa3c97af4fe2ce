"""Accounts over HTTP."""

from pathlib import Path

from litestar.openapi.spec import Tag

from interfaces.http.accounts import avatars, by_mail, by_passkey, email, others, own, own_passkeys
from interfaces.http.accounts.greeting import greet
from interfaces.http.platform.feature import Feature
from interfaces.http.platform.links import AFTER_THIS, Link, in_answer
from interfaces.http.platform.pages import FOLDER, Page

SEE = Link("getMyAccount", "See all of it.", AFTER_THIS)
FIND = Link("getAccountByHandle", "Find it.", {"path.handle": in_answer("handle")} | AFTER_THIS)

SIGN_UP = Page(
    path="/sign-up",
    folder=FOLDER / "sign_up",
    title="Sign up",
    about="Make an account with a passkey or by mail, or of the guest that you are.",
)
ME = Page(
    path="/me",
    folder=FOLDER / "me",
    title="About you",
    about="Your account: what you are called, how and where you sign in, and all that is known.",
)

ACCOUNTS = Feature(
    tag=Tag("Accounts", "Who people are, and the handles that they are found by."),
    routers=[
        *(own.router, email.router, own_passkeys.router, others.router),
        *(by_passkey.router, by_mail.router, avatars.own, avatars.others),
    ],
    pages=[SIGN_UP, ME],
    examples=Path(__file__).with_name("examples.json"),
    links={"registerAccount": (SEE, FIND), "changeHandle": (SEE, FIND), "changeProfile": (SEE,)},
    build="interfaces.bootstrap.accounts.parts:build",
    greets=greet,
)

FEATURES = (ACCOUNTS,)

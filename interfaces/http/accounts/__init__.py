"""Accounts over HTTP."""

from pathlib import Path

from litestar.openapi.spec import Tag

from interfaces.http.accounts import avatars, others, own
from interfaces.http.platform.feature import Feature
from interfaces.http.platform.links import AFTER_THIS, Link, in_answer

SEE = Link("getMyAccount", "See all of it.", AFTER_THIS)
FIND = Link("getAccountByHandle", "Find it.", {"path.handle": in_answer("handle")} | AFTER_THIS)

ACCOUNTS = Feature(
    tag=Tag("Accounts", "Who people are, and the handles that they are found by."),
    routers=[own.router, others.router, avatars.own, avatars.others],
    examples=Path(__file__).with_name("examples.json"),
    build="interfaces.bootstrap.accounts.parts:build",
    links={"registerAccount": (SEE, FIND), "changeHandle": (SEE, FIND), "changeProfile": (SEE,)},
)

FEATURES = (ACCOUNTS,)

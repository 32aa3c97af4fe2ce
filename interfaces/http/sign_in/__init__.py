"""Signing in at a browser, by whatever way; where one is signed in, and out again."""

from pathlib import Path

from litestar.openapi.spec import Tag

from interfaces.http.platform.feature import Feature
from interfaces.http.platform.pages import FOLDER, Page
from interfaces.http.sign_in import routes, sessions

SIGN_IN = Page(
    path="/sign-in",
    folder=FOLDER / "sign_in",
    title="Sign in",
    about="Say who you are, to play and to run the hall from this browser.",
)

FEATURES = (
    Feature(
        tag=Tag("Signing in", "Who asks."),
        routers=[routes.router, sessions.router],
        pages=[SIGN_IN],
        examples=Path(__file__).with_name("examples.json"),
        build="interfaces.bootstrap.sign_in:build",
    ),
)

"""Who asks, or has just signed in, as a page shows it."""

from datetime import datetime
from typing import Annotated

import msgspec

from application.ports.sign_ins import SignIn
from interfaces.tokens import Scope


class Me(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks: by which id the hall knows them, what people call them, and until when."""

    user_id: Annotated[str, msgspec.Meta(examples=["user-123"])]
    name: Annotated[str, msgspec.Meta(examples=["Ada"])]
    scope: Scope
    expires_at: datetime


def me_of(sign_in: SignIn) -> Me:
    """Who is signed in."""
    return msgspec.convert(sign_in, Me, from_attributes=True)

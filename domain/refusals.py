"""How the domain says no."""

from typing import ClassVar


class Refusal(Exception):
    """A command that was understood and may not happen; the message is a sentence for people.

    `type` is the stable, kebab-case name that clients switch on; `status` is the HTTP status
    that fits the kind of refusal (404 unknown, 403 not yours, 409 conflicts with the state,
    422 makes no sense). A refusal leaves no event. Both stand at the head of its class.
    """

    type: ClassVar[str]
    status: ClassVar[int] = 409

    def __init_subclass__(cls, *, type: str = "", status: int = 0) -> None:
        super().__init_subclass__()
        if type:
            cls.type = type
        if status:
            cls.status = status

"""What families know of people: each says it of itself, and nobody else knows how."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Any

from application.ports.commands import Answer
from domain.aggregate import Command

Execute = Callable[[Command], Awaitable[Answer]]
"""Has a command decided on behalf of the hall; raises `Refusal` and `Unavailable`."""


class Knowledge:
    """What a family keeps of people in one place.

    `name` is that of the place, in reports and of the file in an export. `holds` says what a
    person is told from there, `forgets` what an erasure does to it, and `stays` what is left and
    why. `merges` says what becomes an account's when a guest is merged into it, and `keeps` what
    stays the guest's and why. Each is empty where there is nothing to say. What is `last` is
    forgotten once everything else is: by it somebody asks again.
    """

    name: str
    holds: str = ""
    forgets: str = ""
    stays: str = ""
    merges: str = ""
    keeps: str = ""
    last: bool = False

    async def erase(self, user_id: str, by: str, execute: Execute) -> int:
        """Forget somebody, as `by` has decided; gives how much that was.

        May be repeated, also after it has failed in the middle. Raises `Unavailable` where not
        everything is forgotten, with the reason.
        """
        return 0

    async def guests(self, user_id: str) -> Sequence[str]:
        """Who is erased with somebody, as they were merged into that account.

        Raises `Unavailable`.
        """
        return ()

    async def admit(self, guest: str, into: str, by: str, execute: Execute) -> None:
        """Decide that a guest is merged, before anything of theirs moves; again changes nothing.

        Raises `Refusal` where it cannot be, and `Unavailable`.
        """

    async def merge(self, guest: str, into: str, by: str, execute: Execute) -> int:
        """Let what is a guest's be an account's, as `by` has decided; gives how much that was.

        May be repeated, also after it has failed in the middle. Raises `Unavailable` where not
        everything is, with the reason.
        """
        return 0

    async def records(self, user_id: str) -> AsyncIterator[Any]:
        """What is known of somebody, as what can be written as JSON, a piece at a time.

        Raises `Unavailable`.
        """
        nothing: tuple[Any, ...] = ()
        for record in nothing:
            yield record

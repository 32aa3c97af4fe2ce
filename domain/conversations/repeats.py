"""What was said before: by the count of who says it."""

from domain.conversations.commands import Say
from domain.conversations.newest import NewestMessages
from domain.conversations.refusals import ClientSeqPassed
from domain.conversations.state import LastSaid


def number_of(command: Say, said: LastSaid | None, newest: NewestMessages) -> int | None:
    """The number of what was said with the same `client_seq`; None where it is a new one.

    `said` is what that person said last. Raises `ClientSeqPassed` where something else was said
    with it, or nobody knows whether this was.
    """
    client_seq = command.client_seq
    if said is None or client_seq > said.client_seq:
        return None
    if client_seq == said.client_seq:
        number, text_mark = said.number, said.text_mark
    elif found := newest.find(command.user_id, client_seq):
        number, text_mark = found[0], found[1].text_mark
    else:
        raise ClientSeqPassed(
            f"You have gone on to client_seq {said.client_seq}; look whether you have said this, "
            f"or say it with {said.client_seq + 1}."
        )
    if text_mark != command.text_mark:
        raise ClientSeqPassed(
            f"You have said something else with client_seq {client_seq}, as message {number}; "
            f"say this with {said.client_seq + 1}."
        )
    return number

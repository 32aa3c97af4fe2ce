"""What everybody may cost, from the constants that say so."""

from application import door
from application.accounts import by_mail, claiming
from application.effects import desk
from domain.conversations import commands as talk
from domain.conversations import conversation, newest
from domain.lounges import moderated
from domain.lounges.commands import MOST_PEOPLE
from interfaces.http import serve
from interfaces.http.conversations import messages
from interfaces.http.operations import commands
from interfaces.http.platform import addresses, bodies, channel, socket_limits, welcome
from interfaces.http.subjects import people
from interfaces.http.waitroom import visitors

ROWS = (
    ("connections of an API process", f"{serve.MOST_CONNECTIONS:,}", "they wait"),
    (
        "the header of a request",
        f"{serve.HEADER_TIMEOUT_MS / 1_000:g} s",
        "the connection ends",
    ),
    ("a body, from its first byte to its last", f"{bodies.BODY_TIMEOUT_S:g} s", "408"),
    ("a body", f"{bodies.BODY_LIMIT_BYTES // bodies.KIB} KiB", "413"),
    (
        "a body of many commands or events, unpacked",
        f"{bodies.BATCH_LIMIT_BYTES // bodies.KIB} KiB",
        "413",
    ),
    (
        "what is left of a body when it is refused",
        f"{bodies.DISCARDED_BYTES // bodies.KIB} KiB, {bodies.DISCARD_TIMEOUT_S:g} s",
        "the connection ends",
    ),
    (
        "requests of one network address in progress",
        f"{addresses.MOST_REQUESTS}, `GAMEHALL_REQUESTS_PER_ADDRESS`",
        "429",
    ),
    (
        "tries to sign in from one network address, of IPv6 from its first 64 bits",
        f"{welcome.MOST_TRIES} in {welcome.TRIES_S // 60} minutes",
        "429",
    ),
    (
        "sign-ups that are begun from one network address",
        f"{welcome.MOST_BEGUN} in {welcome.TRIES_S // 60} minutes",
        "429",
    ),
    (
        "mails that a browser asks for, to sign in",
        f"{by_mail.MOST_MAILS} in {by_mail.BROWSER_S // 60} minutes",
        "429",
    ),
    (
        "mails to one e-mail address, and to new addresses of one account",
        f"{by_mail.MOST_MAILS_PER_ADDRESS} in {by_mail.ADDRESS_S // 60} minutes",
        "the rest is not sent",
    ),
    (
        "handles and addresses that an account asks for",
        f"{claiming.MOST_CLAIMS} in {claiming.CLAIMS_S // 60} minutes",
        "429",
    ),
    (
        "exports that somebody asks for",
        f"{people.MOST_EXPORTS} in {people.WITHIN_S // 60} minutes",
        "429",
    ),
    (
        "erasures of one person",
        f"{people.MOST_ERASURES} in {people.WITHIN_S // 60} minutes",
        "429",
    ),
    ("merges of one guest", f"{people.MOST_MERGES} in {people.WITHIN_S // 60} minutes", "429"),
    ("codes that are tried for one mail", f"{by_mail.MOST_CODES}", "403"),
    (
        "new visitors of pages of waiting rooms from one network address",
        f"{visitors.MOST_VISITORS} in {visitors.VISITORS_S // 60} minutes",
        "429",
    ),
    ("rules that something is done by, without those removed", f"{desk.MOST_RULES}", "409"),
    (
        "characters of a message in a conversation",
        f"{messages.MOST_TEXT_CHARACTERS:,}",
        "400",
    ),
    (
        "people in a group, and all who have ever said something there",
        f"{conversation.MOST_MEMBERS}, {conversation.MOST_SPEAKERS}",
        "409",
    ),
    ("friends that a group is started with", f"{talk.MOST_AT_ONCE}", "400"),
    (
        "messages of a conversation that can be edited, deleted and reacted to",
        f"the newest {newest.MOST_NEWEST}",
        "409",
    ),
    ("the capacity of a room in which people meet", f"{MOST_PEOPLE}", "400"),
    ("its moderators", f"{moderated.MOST_MODERATORS}", "409"),
    (
        "who is invited into it, who is muted, and who is kept out",
        f"{moderated.MOST_LISTED:,} each",
        "409",
    ),
    ("commands of a request", f"{commands.MOST_COMMANDS:,}", "400"),
    ("events of a batch", f"{door.PIECES_LIMIT:,}", "413"),
    ("the `data` of an event", f"{door.EVENT_LIMIT_BYTES // bodies.KIB} KiB", "refused"),
    ("its nesting", f"{door.DEPTH_LIMIT} levels", "422"),
    ("a number in it", f"{door.DIGITS_LIMIT} digits", "422"),
    (
        "sockets of a user, and of a process",
        f"{socket_limits.MOST_SOCKETS_PER_USER}, {socket_limits.MOST_SOCKETS:,}",
        "1013",
    ),
    (
        "streams and sockets of somebody's feed",
        f"{socket_limits.MOST_SOCKETS_PER_USER}",
        "429, 1013",
    ),
    ("a message over a socket", f"{channel.MESSAGE_LIMIT_BYTES // bodies.KIB} KiB", "1009"),
    ("messages that wait for a slow reader", f"{channel.BACKLOG_MESSAGES}", "1013"),
    ("silence of a socket", f"{channel.IDLE_LIMIT_S:g} s", "1001"),
)
"""What, how much, and what happens beyond that; tests/http/test_limits.py attacks each."""

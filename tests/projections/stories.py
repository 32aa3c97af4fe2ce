"""Things that happen, for read models to show."""

from datetime import timedelta
from random import Random
from typing import Any
from unittest.mock import patch

from domain.accounts.claimed_name import ClaimName, ConfirmName, GiveUpName
from domain.accounts.commands import (
    AddPasskey,
    ChangeEmail,
    ChangeHandle,
    ChangeProfile,
    DeleteAccount,
    DisableAccount,
    EnableAccount,
    MergeGuest,
    NoteSignIn,
    RegisterAccount,
    RemoveEmail,
    RemovePasskey,
)
from domain.accounts.passkey import NewPasskey
from domain.aggregate import Command
from domain.effects import line as line_rules
from domain.effects.ledger import (
    AttemptEffects,
    AttemptOutcome,
    CloseLine,
    DropEffect,
    LineTaken,
    Rejection,
    RetryEffect,
    SettleEffects,
    TakeLine,
)
from domain.effects.rule import (
    AddRule,
    Beginning,
    ChangeRule,
    PauseRule,
    RemoveRule,
    ResumeRule,
    Scalar,
)
from domain.feed.commands import AddEntry, ArchiveEntries, ReadEntries, SeeEntries, SettleEntry
from domain.friends.commands import (
    AcceptRequest,
    BlockPerson,
    CancelRequest,
    DeclineRequest,
    EndFriendship,
    RequestFriend,
    SetPresence,
    UnblockPerson,
)
from domain.games.commands import (
    CloseTable,
    HandOverResult,
    HandOverSeat,
    MakeMove,
    Resign,
    SeekGame,
    StartGame,
)
from domain.games.events import GameEnded
from domain.personal import Sealed
from domain.waitroom.absence import DropAbsentee, NoteReturn, RequirePresence, TellAbsentee
from domain.waitroom.commands import (
    CompleteCheckout,
    ExpireCheckout,
    FailCheckout,
    JoinWaitroom,
    LeaveWaitroom,
    OpenWaitroom,
    RedeemPass,
    TendWaitroom,
)
from domain.waitroom.description import Description
from domain.waitroom.orders import (
    AdmitSession,
    ChangeWaitroom,
    CloseWaitroom,
    DescribeWaitroom,
    ExtendCheckout,
    PauseWaitroom,
    RemoveSession,
    ResumeWaitroom,
)
from tests.conversations.stories import tell_of_conversations
from tests.given import at
from tests.lounges.story import tell_of_lounges
from tests.projections.story import Narrator


def tell_of_rooms(
    narrator: Narrator, rooms: int = 3, guests: int = 20, named: str = "concert"
) -> None:
    """Rooms of every kind of session."""
    for room in range(rooms):
        event_id = f"{named}-{room}"
        narrator.tell(OpenWaitroom(event_id=event_id, capacity=4, checkout_seconds=60))
        for guest in range(guests):
            join = JoinWaitroom(
                event_id=event_id,
                user_id=f"user-{guest}",
                session_id=f"{event_id}-{guest}",
                priority=guest % 3,
            )
            narrator.tell(join, now=at(guest))
        narrator.tell(
            RedeemPass(event_id=event_id, session_id=f"{event_id}-0"),
            CompleteCheckout(event_id=event_id, session_id=f"{event_id}-0"),
            FailCheckout(event_id=event_id, session_id=f"{event_id}-1", reason="no money"),
            ExpireCheckout(event_id=event_id, session_id=f"{event_id}-2"),
            LeaveWaitroom(event_id=event_id, session_id=f"{event_id}-3"),
            LeaveWaitroom(event_id=event_id, session_id=f"{event_id}-{guests - 1}"),
            now=at(100),
        )


def tell_of_orders(narrator: Narrator, named: str = "ordered") -> None:
    """A room in which an operator does all that there is to do, and one that is archived."""

    def of(kind: type[Any], guest: int | None = None, **told: Any) -> Any:
        session = {} if guest is None else {"session_id": f"{named}-{guest}"}
        return kind(event_id=named, by="olga", **session, **told)

    narrator.tell(OpenWaitroom(event_id=named, capacity=1, checkout_seconds=60))
    for guest in range(9):
        join = JoinWaitroom(event_id=named, user_id=f"user-{guest}", session_id=f"{named}-{guest}")
        narrator.tell(join, now=at(20 * guest))
    narrator.tell(
        of(DescribeWaitroom, description=Description(title="The concert")),
        of(PauseWaitroom),
        of(AdmitSession, 4),
        of(ExtendCheckout, 4, seconds=100),
        of(RemoveSession, 5),
        ExpireCheckout(event_id=named, session_id=f"{named}-0"),
        CompleteCheckout(event_id=named, session_id=f"{named}-0"),
        of(ResumeWaitroom),
        of(ChangeWaitroom, capacity=2),
        now=at(200),
    )
    gone = f"{named}-gone"
    narrator.tell(OpenWaitroom(event_id=gone, capacity=9, checkout_seconds=60))
    for guest in range(5):
        session = f"{gone}-{guest}"
        narrator.tell(
            JoinWaitroom(event_id=gone, user_id=f"user-{guest}", session_id=session),
            CompleteCheckout(event_id=gone, session_id=session),
            now=at(201 + guest),
        )
    closing = CloseWaitroom(event_id=gone, by="olga", waiting="serve", keep_seconds=5)
    narrator.tell(closing, now=at(300))
    narrator.tell(TendWaitroom(event_id=gone), now=at(305))
    narrator.tell(of(CloseWaitroom, waiting="dismiss", keep_seconds=5), now=at(400))


def tell_of_absence(narrator: Narrator, named: str = "attended") -> None:
    """A room whose people are missed, come back, are dropped, and are missed on other terms."""

    def of(kind: type[Any], guest: int) -> Any:
        return kind(event_id=named, session_id=f"{named}-{guest}")

    def requiring(seconds: float | None) -> RequirePresence:
        return RequirePresence(event_id=named, absent_seconds=seconds, redeems=True, by="olga")

    narrator.tell(OpenWaitroom(event_id=named, capacity=2, checkout_seconds=600), requiring(60))
    for guest in range(8):
        join = JoinWaitroom(event_id=named, user_id=f"user-{guest}", session_id=f"{named}-{guest}")
        narrator.tell(join, now=at(guest))
    narrator.tell(*(of(TellAbsentee, guest) for guest in range(6)), now=at(60))
    narrator.tell(
        of(RedeemPass, 0), of(NoteReturn, 2), of(DropAbsentee, 1), of(DropAbsentee, 4), now=at(120)
    )
    narrator.tell(requiring(None), now=at(130))
    narrator.tell(requiring(90), of(TellAbsentee, 5), of(TellAbsentee, 6), now=at(140))


def tell_of_games(narrator: Narrator, games: int = 12) -> None:
    """Games that are won, drawn by nobody, resigned, running, and against a bot."""
    random = Random(4)
    for number in range(games):
        players = random.sample(["ada", "bob", "cyd", "dan", "eve"], 2)
        tell_of_game(narrator, f"game-{number}", *players, seconds=1_000 * number, end=number % 3)


def tell_of_game(
    narrator: Narrator, id: str, first: str, second: str, *, seconds: float = 0, end: int = 0
) -> None:
    """A game that the first player wins (0), the first gives up (1), or that goes on (2)."""
    start = StartGame(game_id=id, player1=first, player2=second, move_seconds=60)
    narrator.tell(start, now=at(seconds))
    moves = [(first, 3), (second, 4), (first, 3), (second, 4), (first, 3), (second, 4), (first, 3)]
    for i, (player, column) in enumerate(moves if end == 0 else moves[:4]):
        move = MakeMove(game_id=id, player=player, column=column)
        narrator.tell(move, now=at(seconds + i + 1))
    if end == 1:
        narrator.tell(Resign(game_id=id, player=first), now=at(seconds + 9))


def tell_of_a_bot(narrator: Narrator, id: str = "bot-game", player: str = "ada") -> None:
    """The lobby seats a bot, and the player resigns against it."""
    narrator.tell(SeekGame(user_id=player, game_id=id, bot_after=10))
    narrator.tell(
        StartGame(
            game_id=id, player1=player, player2="bot-easy", bot_level="easy", move_seconds=60
        ),
        MakeMove(game_id=id, player=player, column=0),
        MakeMove(game_id=id, player="bot-easy", column=0),
        Resign(game_id=id, player=player),
        CloseTable(game_id=id),
        now=at(50),
    )


def tell_of_who_left(narrator: Narrator, id: str = "left-game", second: str = "bob") -> None:
    """Somebody leaves before both have moved, which counts for nobody."""
    narrator.tell(
        StartGame(game_id=id, player1="fay", player2=second, move_seconds=60),
        MakeMove(game_id=id, player="fay", column=0),
        Resign(game_id=id, player=second),
        now=at(60),
    )


def tell_of_accounts(narrator: Narrator, accounts: int = 6) -> None:
    """Accounts whose handles are claimed, changed and given up, disabled, and deleted; passkeys."""
    for number in range(accounts):
        user, handle, until = f"user-{number}", f"ada-{number}", at(60 + number)
        profile: Any = {"user_id": user, "time_zone": "UTC", "language": "en"}
        name = Sealed(subject=user, sealed=f"{number:04}")
        narrator.tell(
            ClaimName(name=f"@{handle}", user_id=user),
            RegisterAccount(
                handle=handle,
                claimed_until=until,
                passkey=a_passkey(f"{number}-0") if number else None,
                display_name=name,
                **profile,
            ),
            AddPasskey(user_id=user, passkey=a_passkey(f"{number}-1"), name=name),
            NoteSignIn(user_id=user, way="passkey", device="Firefox on Android"),
            ConfirmName(name=f"@{handle}", user_id=user, until=at(60)),
            now=at(0),
        )
        if number % 2:
            narrator.tell(ChangeProfile(**profile), now=at(70))
            narrator.tell(RemovePasskey(user_id=user, credential_id=f"key-{number}-0"), now=at(75))
            address, email = f"{number:032}", Sealed(subject=user, sealed=f"{number:04}")
            mailed = ChangeEmail(user_id=user, address=address, claimed_until=until, email=email)
            narrator.tell(ClaimName(name=f"={address}", user_id=user), mailed, now=at(75))
            changed = ChangeHandle(user_id=user, handle=f"{handle}.x", claimed_until=at(130))
            narrator.tell(changed, now=at(80))
            narrator.tell(GiveUpName(name=f"@{handle}", user_id=user, until=at(60)), now=at(90))
    narrator.tell(
        DisableAccount(user_id="user-0", by="olga"),
        DisableAccount(user_id="user-1", by="olga"),
        EnableAccount(user_id="user-1", by="olga"),
        DeleteAccount(user_id="user-2"),
        RemoveEmail(user_id="user-3"),
        now=at(200),
    )


def a_passkey(number: str) -> NewPasskey:
    id, transports = f"key-{number}", ["internal", "usb"]
    return NewPasskey(credential_id=id, public_key="cHVi", synced=True, transports=transports)


GUEST, OTHER_GUEST, MERGED = "gus~2345678", "gil~2345678", "user-1"


def tell_of_merges(narrator: Narrator) -> None:
    """Two guests whose games become those of one account, but for one which that has played in.

    They have played each other, too; one such game both hand over, as two merges at once do.
    """
    tell_of_game(narrator, "merged-won", GUEST, "ada", end=0)
    tell_of_game(narrator, "merged-lost", "ada", OTHER_GUEST, seconds=100, end=0)
    tell_of_game(narrator, "merged-later", GUEST, "bob", seconds=200, end=2)
    tell_of_game(narrator, "merged-on", "bob", GUEST, seconds=300, end=2)
    tell_of_game(narrator, "merged-apart", GUEST, MERGED, seconds=400, end=1)
    tell_of_game(narrator, "merged-both", GUEST, OTHER_GUEST, seconds=500, end=0)
    tell_of_game(narrator, "merged-same", GUEST, OTHER_GUEST, seconds=600, end=0)
    tell_of_a_bot(narrator, "merged-bot", GUEST)
    tell_of_who_left(narrator, "merged-left", GUEST)
    for guest in (GUEST, OTHER_GUEST):
        narrator.tell(MergeGuest(user_id=guest, into=MERGED, by="olga"), now=at(5_000))
    for game in ("won", "later", "on", "bot", "left", "both", "same"):
        take_over(narrator, f"merged-{game}", GUEST)
    for game in ("lost", "same"):
        take_over(narrator, f"merged-{game}", OTHER_GUEST)
    take_over(narrator, "merged-both", OTHER_GUEST, "cyd")
    narrator.tell(Resign(game_id="merged-later", player="bob"), now=at(5_002))


def take_over(narrator: Narrator, game_id: str, guest: str, to: str = MERGED) -> None:
    """Seat another person in a guest's place, as a merge does."""
    events = [each.event for each in narrator.events if each.event.originator_id == game_id]
    ended = events[-1]
    if not isinstance(ended, GameEnded):
        narrator.tell(HandOverSeat(game_id=game_id, player=guest, to=to), now=at(5_001))
        return
    result = HandOverResult(
        game_id=game_id,
        player=guest,
        to=to,
        outcome=ended.outcome_for(guest),
        ended_at=ended.timestamp,
    )
    narrator.tell(result, now=at(5_001))


def tell_of_effects(narrator: Narrator) -> None:
    """Rules in every state, and effects of which everything becomes that can; some are long ago."""
    begins = [Beginning(partition=partition) for partition in range(2)]
    for name in ("counting", "mailing", "paused", "removed"):
        action: dict[str, Scalar] = {"kind": "redis", "key": f"{name}:{{event_id}}"}
        add = AddRule(rule=name, topic="QUEUE_JOINED", action=action, begins=begins)
        narrator.tell(add, now=at(0))
    where: dict[str, Scalar] = {"event_id": "concert", "vip": True}
    mail: dict[str, Scalar] = {"kind": "email", "to": "{user_id}", "subject": "Hello", "text": ""}
    narrator.tell(ChangeRule(rule="mailing", where=where, action=mail), now=at(1))
    narrator.tell(PauseRule(rule="paused"), now=at(2))
    narrator.tell(PauseRule(rule="counting"), ResumeRule(rule="counting"), now=at(3))
    narrator.tell(RemoveRule(rule="removed"), now=at(4))
    for number, day in enumerate((0, 10, 40)):
        _tell_of_line(narrator, f"counting:QUEUE_JOINED:{number % 2}", 10 * number, day)
    _tell_of_line(narrator, "mailing:QUEUE_JOINED:0", 0, 1)
    with patch.object(line_rules, "MOST_RESTING", 2):
        _tell_of_line(narrator, "removed:QUEUE_JOINED:0", 0, 1)
    narrator.tell(CloseLine(line="removed:QUEUE_JOINED:0"), now=at(86_500))


def _tell_of_line(narrator: Narrator, line: str, first: int, day: int) -> None:
    """A worker takes a line and ends amid its work; operators have a word."""
    now, repeats = at(86_400 * day), line.startswith("counting")
    taken = narrator.tell(TakeLine(line=line), now=now)[0].event
    assert isinstance(taken, LineTaken)
    facts: dict[str, Any] = {"line": line, "epoch": taken.epoch}
    seqs = range(first, first + 7)
    rejected = [Rejection(seq=first + 7, reason="The event tells no user_id.")]
    attempted: dict[str, Any] = {
        "kind": "redis" if repeats else "email",
        "repeats": repeats,
        "target": "there",
    }
    attempt = AttemptEffects(**facts, up_to=first + 8, seqs=seqs, rejected=rejected, **attempted)
    told = [
        AttemptOutcome(seq=first, told="accepted"),
        AttemptOutcome(seq=first + 1, told="rejected", reason="It takes none of these."),
        AttemptOutcome(seq=first + 2, told="rejected", reason="It is busy.", again=True),
        AttemptOutcome(seq=first + 3, told="unknown", reason="The answer was lost.", again=True),
        AttemptOutcome(seq=first + 4, told="unknown", reason="The answer makes no sense."),
        AttemptOutcome(seq=first + 5, told="unknown", reason="The answer makes no sense."),
    ]
    narrator.tell(attempt, SettleEffects(**facts, outcomes=told), now=now)
    narrator.tell(DropEffect(line=line, seq=first + 4), now=now + timedelta(seconds=1))
    narrator.tell(RetryEffect(line=line, seq=first + 5), now=now + timedelta(seconds=2))
    again = AttemptEffects(**facts, up_to=-1, seqs=[first + 2, first + 5], **attempted)
    narrator.tell(again, TakeLine(line=line), now=now + timedelta(seconds=10))


def tell_of_feeds(narrator: Narrator, people: int = 4) -> None:
    """People are told things, which they see, read and put away, or which settle by themselves."""
    for number in range(people):
        user = f"user-{number}"
        for n in range(1, 9):
            entry: Any = {"about": f"game-{n}", "source": f"game-log/{n % 2}@{n}"}
            if n % 2:
                entry |= {"other": f"user-{n}", "kind": "game-found"}
            else:
                entry |= {"data": {"move": n}, "pending": True, "kind": "your-move"}
            narrator.tell(AddEntry(user_id=user, **entry), now=at(n))
        settled = {"kind": "your-move", "about": "game-6", "source": "game-log/0@9"}
        narrator.tell(
            SeeEntries(user_id=user, up_to=3 + number),
            SettleEntry(user_id=user, **settled),
            ReadEntries(user_id=user, numbers=[5], up_to=2),
            ArchiveEntries(user_id=user, numbers=[1, 4]),
            SeeEntries(user_id=user, up_to=8),
            now=at(20),
        )


def tell_of_friends(narrator: Narrator, people: int = 6) -> None:
    """People ask each other, answer in every way, part, block each other, and hide."""
    note = Sealed(subject="ada", sealed="0Zx1b3c2V5nYm9yZXJ0aGVzZWFsZWR0ZXh0")
    for number in range(people):
        both: dict[str, Any] = {"user_id": "ada", "other_id": f"friend-{number}"}
        back = {"user_id": both["other_id"], "other_id": "ada"}
        narrator.tell(RequestFriend(**both, note=note))
        answers: list[Command] = [
            AcceptRequest(**back),
            DeclineRequest(**back),
            CancelRequest(**both),
            RequestFriend(**back),
            BlockPerson(**back),
        ]
        narrator.tell(*answers[number : number + 1], now=at(10))
        if number % 4 == 0:
            narrator.tell(BlockPerson(**back), now=at(20))
            narrator.tell(RequestFriend(**both, note=note), now=at(30))
        if number == 0:
            narrator.tell(CancelRequest(**both), UnblockPerson(**back), now=at(40))
        if number == 3:
            narrator.tell(EndFriendship(**both), RequestFriend(**back), now=at(50))
        if number == 4:
            narrator.tell(UnblockPerson(**back), now=at(60))
        narrator.tell(SetPresence(user_id=both["other_id"], hidden=True), now=at(70))
        if number % 2:
            narrator.tell(SetPresence(user_id=both["other_id"], hidden=False), now=at(80))


def tell_of_everything(narrator: Narrator) -> None:
    """All of the above."""
    tell_of_rooms(narrator)
    tell_of_orders(narrator)
    tell_of_absence(narrator)
    tell_of_games(narrator)
    tell_of_a_bot(narrator)
    tell_of_who_left(narrator)
    tell_of_accounts(narrator)
    tell_of_merges(narrator)
    tell_of_effects(narrator)
    tell_of_feeds(narrator)
    tell_of_friends(narrator)
    tell_of_conversations(narrator)
    tell_of_lounges(narrator)

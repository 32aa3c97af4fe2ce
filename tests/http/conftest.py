"""The API in this process, on a log and read models in memory."""

import atexit
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any, cast
from unittest.mock import patch

import httpx
import pytest
from litestar import Litestar
from litestar.datastructures import State
from litestar.testing import AsyncTestClient
from obstore.store import MemoryStore

from application.accounts.avatars import Avatars
from application.accounts.by_mail import MailSignIns
from application.accounts.claiming import Claims
from application.accounts.email_changes import EmailChanges
from application.accounts.people import AccountOfPeople
from application.conversations.others import Others
from application.conversations.people import ConversationsOfPeople
from application.effects.desk import RuleDesk
from application.feed.people import FeedsOfPeople
from application.friends.people import FriendsOfPeople
from application.friends.presence import PresenceOfFriends
from application.games.offers import Offers
from application.games.people import GamesOfPeople
from application.history import History
from application.lounges.people import LoungesOfPeople
from application.player_events.dead_letters import DeadLetterRepairs
from application.player_events.intake import Intake
from application.waitroom.people import PlacesOfPeople
from application.waitroom.presence import Sightings
from domain.games import lobby
from infra.objects import StoredObjects
from infra.pictures import avatar_of
from infra.relationships import RelationshipsOfFriends
from interfaces.bootstrap.effects.sources import sources
from interfaces.http import app as application
from interfaces.http.accounts.ceremonies import Ceremonies
from interfaces.http.app import Doors
from interfaces.http.conversations.live import ConversationLimits
from interfaces.http.feed.live import FeedLimits
from interfaces.http.games.judging import Judge
from interfaces.http.games.lobby_feed import LobbyFeed
from interfaces.http.lounges.walks import LoungeWalks
from interfaces.http.operations.mails import Sink
from interfaces.http.platform.cookies import Cookies
from interfaces.http.platform.services import ReadinessCheck, Services
from interfaces.http.platform.tickets import Tickets
from interfaces.http.platform.welcome import SignInTries
from interfaces.http.player_events.ingest import Ingestion
from interfaces.http.push.routes import Push
from interfaces.http.sign_in.guests import Guests
from interfaces.http.sign_in.provider import Provider
from interfaces.http.subjects.people import People
from interfaces.http.waitroom.room_feeds import RoomFeeds
from interfaces.http.waitroom.room_places import RoomPlaces
from interfaces.http.waitroom.visitors import Visitors
from interfaces.pass_keys import PassKeys
from interfaces.passes import Passes
from interfaces.settings import Settings
from interfaces.tokens import Scope, Tokens, of_peers
from projections.accounts import ACCOUNTS
from projections.conversations import CONVERSATIONS
from projections.effects import EFFECT_LEDGER
from projections.feed import FEED_ENTRIES
from projections.friends import FRIENDS
from projections.games import GAME_METRICS, GAME_RECORDS, STANDINGS
from projections.lounges import LOUNGES
from projections.player_events import (
    DEAD_LETTERS,
    EVENT_ARCHIVE,
    LEADERBOARDS,
    PLAYER_ACTIVITY,
    PLAYER_STATISTICS,
)
from projections.player_events.exported_events import EventExport
from projections.read_model import ReadModel
from projections.waitroom import WAITROOM
from tests.given import T0
from tests.http.fakes.accounts import FakeAccounts, FakePasskeyUses
from tests.http.fakes.conversations import FakeConversations
from tests.http.fakes.effects import FakeEffects, FakePlaces
from tests.http.fakes.feed import FakeFeed
from tests.http.fakes.feeds import FakeFeeds
from tests.http.fakes.friends import FakeFriends, FakePresence
from tests.http.fakes.games import FakeGameMetrics, FakeGames, FakeStandings
from tests.http.fakes.listening import FakeListening
from tests.http.fakes.log import FakeLog
from tests.http.fakes.lounges import FakeLounges
from tests.http.fakes.mail import FakePost
from tests.http.fakes.once import FakeOffers, FakeOnce
from tests.http.fakes.people import LATER, FakeSignInsOfPeople, KeysInMemory, LogInMemory
from tests.http.fakes.player_events import FakeLimits, FakePlayerEvents, FakePlayerQueries
from tests.http.fakes.push import FakeBrowsers
from tests.http.fakes.sign_ins import FakeSignIns, FakeTries
from tests.http.fakes.subjects import FakeSeals
from tests.http.fakes.waitroom import FakeQueue
from tests.http.fakes.walks import FakeWalks
from tests.player_events.failing import Desk, a_desk
from tests.projections.fakes import FakeReader

ORIGIN = "https://play.example"
HALL = "http://testserver.local"
SECRET = "a secret that is long enough for the tests"
PREFIX = "urn:gamehall:problem:"


@dataclass
class Api:
    """The API, and what it stands on."""

    client: AsyncTestClient[Any]
    peers: httpx.AsyncClient
    doors: Doors
    log: FakeLog
    queue: FakeQueue
    games: FakeGames
    standings: FakeStandings
    seals: FakeSeals
    player_events: FakePlayerEvents
    of_players: FakePlayerQueries
    limits: FakeLimits
    desk: Desk
    presence: FakePresence
    sign_ins: FakeSignIns
    tries: FakeTries
    post: FakePost
    services: Services
    commands_need: dict[str, ReadinessCheck]
    queries_need: dict[str, ReadinessCheck]

    def peer_token(self) -> dict[str, str]:
        token = self.services.peer_tokens.issue("api", "process")
        return {"authorization": f"Bearer {token}"}

    def token(self, user_id: str, scope: Scope = "player", priority: int = 0) -> dict[str, str]:
        token = self.services.tokens.issue(user_id, scope, priority=priority)
        return {"authorization": f"Bearer {token}"}

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        user: str = "ann",
        scope: Scope = "player",
        priority: int = 0,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Send a request with a token."""
        all_headers = self.token(user, scope, priority) | (headers or {})
        if body is None:
            return await self.client.request(method, path, headers=all_headers)
        return await self.client.request(method, path, headers=all_headers, json=body)

    async def open(self, event_id: str = "concert", capacity: int = 1) -> None:
        body = {"event_id": event_id, "capacity": capacity, "checkout_seconds": 60}
        opened = await self.ask("POST", "/api/v1/waitroom", body, user="shop", scope="service")
        assert opened.status_code == 201

    async def join(self, user: str, event_id: str = "concert", **options: Any) -> httpx.Response:
        body = {"user_id": user, "event_id": event_id}
        return await self.ask("POST", "/api/v1/waitroom/join", body, user=user, **options)

    async def pair(self, first: str = "ann", second: str = "ben") -> str:
        """Two people meet; the id of their game."""
        for user in (first, second):
            seek = await self.ask("POST", "/api/v1/games/seek", {}, user=user)
            assert seek.status_code == 200
        return str(seek.json()["game_id"])


def problem(response: httpx.Response, status: int, type: str) -> dict[str, Any]:
    """The response is this problem, in the one shape of all problems."""
    assert (response.status_code, response.json()["type"]) == (status, PREFIX + type), response.text
    assert response.headers["content-type"] == "application/problem+json"
    details: dict[str, Any] = response.json()
    assert details["status"] == status
    assert details["title"]
    assert details["detail"].endswith(".")
    return details


def history_of(log: FakeLog) -> History:
    """The past of what is in the log."""
    return History(
        lambda category, _: (category.topic, 0),
        lambda shard, _: FakeReader(log.told, [shard[0]], only=shard),
    )


@pytest.fixture(scope="session", autouse=True)
def _routes_once() -> Iterator[None]:
    """Build the routes once, which takes longer than most tests; the state is each test's own."""
    built: dict[str, Litestar] = {}

    def build(routes: list[Any], *, state: State, **options: Any) -> Litestar:
        found = repr([getattr(each, "path", "") or sorted(each.paths) for each in routes])
        if found not in built:
            built[found] = Litestar(routes, state=state, **options)
        built[found].state = state
        return built[found]

    with patch.object(application, "Litestar", build):
        yield


@contextmanager
def who_waits_begins() -> Iterator[None]:
    """Ids of tables are random, and so would be who begins."""
    with patch.object(lobby, "by_lot", lambda _, waiting, coming, __: (waiting, coming)):
        yield


@pytest.fixture(autouse=True)
def _who_waits_begins() -> Iterator[None]:
    with who_waits_begins():
        yield


@cache
def passes() -> Passes:
    """What signs passes, with a key that lasts as long as the tests."""
    folder = Path(mkdtemp(prefix="passes-"))
    atexit.register(rmtree, folder)
    keys = PassKeys(folder, T0.timestamp)
    return Passes(keys, issuer="http://hall.example", audience="shop", clock=T0.timestamp)


@asynccontextmanager
async def an_api() -> AsyncIterator[Api]:
    """The API of nobody yet."""
    log = FakeLog()
    seals = FakeSeals()
    queue, games, standings = FakeQueue(log, seals), FakeGames(log), FakeStandings(log)
    player_events, limits = FakePlayerEvents(), FakeLimits()
    desk, accounts = a_desk(), FakeAccounts(log, seals)
    friends, lounges, listening = FakeFriends(log), FakeLounges(log), FakeListening()
    conversations = FakeConversations(log)
    presence, walks = FakePresence(listening), FakeWalks(listening)
    of_players = FakePlayerQueries(player_events)
    commands_need: dict[str, ReadinessCheck] = {}
    queries_need: dict[str, ReadinessCheck] = {}
    fakes: dict[ReadModel[Any], Any] = {
        WAITROOM: queue,
        ACCOUNTS: accounts,
        FEED_ENTRIES: FakeFeeds(log),
        FRIENDS: friends,
        CONVERSATIONS: conversations,
        LOUNGES: lounges,
        GAME_RECORDS: games,
        GAME_METRICS: FakeGameMetrics(log),
        STANDINGS: standings,
        EVENT_ARCHIVE: of_players,
        PLAYER_STATISTICS: of_players,
        LEADERBOARDS: of_players,
        PLAYER_ACTIVITY: of_players,
        DEAD_LETTERS: desk.letters,
        EFFECT_LEDGER: FakeEffects(log),
    }
    tokens = Tokens(SECRET)
    sign_ins, tries = FakeSignIns(), FakeTries()
    post = FakePost(tokens, seals, tries)
    services = Services(
        log=log,
        local=log,
        leave=log.leave,
        feed=log,
        queries=fakes.__getitem__,
        seals=seals,
        tokens=tokens,
        peer_tokens=of_peers(SECRET),
        tickets=Tickets(tokens, FakeOnce()),
        cookies=Cookies(tokens, sign_ins, secure=False),
        parts={
            LobbyFeed: LobbyFeed(),
            RoomFeeds: RoomFeeds(),
            Sightings: Sightings(),
            RoomPlaces: RoomPlaces(),
            Passes: passes(),
            Visitors: Visitors(tokens, tries, allowed=True, secure=False),
            Judge: Judge(0.02),
            FeedLimits: FeedLimits(),
            FeedsOfPeople: FeedsOfPeople(),
            FriendsOfPeople: FriendsOfPeople(friends, presence),
            PresenceOfFriends: PresenceOfFriends(presence),
            Others: Others(RelationshipsOfFriends(cast("Any", friends))),
            ConversationLimits: ConversationLimits(),
            ConversationsOfPeople: ConversationsOfPeople(conversations),
            LoungesOfPeople: LoungesOfPeople(lounges),
            LoungeWalks: LoungeWalks(walks),
            FakeWalks: walks,
            Offers: Offers(FakeOffers()),
            Settings: Settings(),
            Ingestion: Ingestion(
                Intake(accept_unknown=True, oldest=timedelta(days=30)),
                player_events,
                limits,
                keep_failed=False,
            ),
            DeadLetterRepairs: desk.dead_letters,
            EventExport: of_players,
            History: history_of(log),
            RuleDesk: RuleDesk(sources(3), {"game-log"}, FakePlaces(log)),
            Ceremonies: Ceremonies(
                tokens, FakeOnce(), FakePasskeyUses(), base_url="https://hall.example"
            ),
            Guests: Guests(allowed=True),
            SignInTries: SignInTries(tries),
            Provider: Provider(None),
            MailSignIns: MailSignIns(post.sending, accounts, f"{HALL}/sign-in"),
            EmailChanges: EmailChanges(post.sending),
            Sink: Sink(post.mail),
            Claims: Claims(tries),
            AccountOfPeople: AccountOfPeople(accounts),
            GamesOfPeople: GamesOfPeople(games),
            PlacesOfPeople: PlacesOfPeople(),
            Avatars: Avatars(StoredObjects(MemoryStore()), avatar_of),
            FakeSignInsOfPeople: FakeSignInsOfPeople(sign_ins),
            Push: Push(FakeBrowsers(), "the-public-key-of-the-hall"),
            People: People([LogInMemory(log, seals), KeysInMemory(seals)], LATER, tries),
        },
        commands_need=commands_need,
        queries_need=queries_need,
        allowed_origins=frozenset({ORIGIN}),
        listening=listening,
    )
    doors = application.create_app(services)
    own = httpx.AsyncClient(
        transport=httpx.ASGITransport(cast("Any", doors.own)), base_url="http://own"
    )
    async with AsyncTestClient(doors.public) as client, own as peers, post.errands.running():
        yield Api(
            client,
            peers,
            doors,
            log,
            queue,
            games,
            standings,
            seals,
            player_events,
            of_players,
            limits,
            desk,
            presence,
            sign_ins,
            tries,
            post,
            services,
            commands_need,
            queries_need,
        )


def another_process(api: Api) -> Api:
    """Another process of the same service: its own feed, its own sockets, the same log."""
    feed = FakeFeed()
    api.log.feeds.append(feed)
    parts = {**api.services.parts, LobbyFeed: LobbyFeed()}
    services = replace(api.services, feed=feed, parts=parts)
    with patch.object(application, "Litestar", Litestar):  # not the one of the first process
        return replace(api, services=services, doors=application.create_app(services))


@pytest.fixture
async def api() -> AsyncIterator[Api]:
    async with an_api() as api:
        yield api

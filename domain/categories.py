"""The categories of Gamehall: which aggregates live on which topic of the log."""

from domain.accounts.account import Account
from domain.accounts.claimed_name import ClaimedName
from domain.category import Category
from domain.conversations.conversation import Conversation
from domain.effects.line import EffectLine
from domain.effects.rule import Rule
from domain.feed.person_feed import PersonFeed
from domain.friends.relationship import Relationship
from domain.friends.visibility import Visibility
from domain.games.four_in_a_row import FourInARow
from domain.games.handed_seat import HandedSeat
from domain.games.lobby import Lobby
from domain.lounges.lounge import Lounge
from domain.operations.consumer import Consumer
from domain.waitroom.room import Waitroom

WAITROOMS = Category("waitroom", Waitroom)
GAMES = Category("game", Lobby, FourInARow, HandedSeat)
USERS = Category("user", Account, ClaimedName)
PEOPLE = Category("person", PersonFeed)
SOCIAL = Category("social", Relationship, Visibility, Conversation, Lounge)
OPERATIONS = Category("operations", Consumer)
EFFECTS = Category("effect", Rule, EffectLine)

CATEGORIES = (WAITROOMS, GAMES, USERS, PEOPLE, SOCIAL, OPERATIONS, EFFECTS)

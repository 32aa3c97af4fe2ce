"""What cannot be in a conversation."""

from domain.refusals import Refusal


class ConversationNotFound(Refusal, type="conversation-not-found", status=404):
    """There is no such conversation, or who asks is not in it, which is not told apart."""


class ConversationTaken(Refusal, type="conversation-taken"):
    """Somebody has started another group of this id."""


class NobodyElse(Refusal, type="nobody-else", status=422):
    """Nobody talks to themselves, nor adds themselves to a group."""


class ConversationFull(Refusal, type="conversation-full"):
    """A group has as many people as there may be."""


class NotAGroup(Refusal, type="not-a-group"):
    """Nobody joins or leaves a conversation of two people."""


class NotAFriend(Refusal, type="not-a-friend"):
    """Only friends are put in a group, so that whoever is blocked puts nobody anywhere."""


class SaidToBlocked(Refusal, type="said-to-blocked"):
    """Who asks has blocked the other."""


class ClientSeqPassed(Refusal, type="client-seq-passed"):
    """Something else was said with this `client_seq`, or with a later one."""


class MessageNotFound(Refusal, type="message-not-found", status=404):
    """There is no message of this number, for who asks, or not any more."""


class MessageTooOld(Refusal, type="message-too-old"):
    """Only the newest messages of a conversation change."""


class NotYourMessage(Refusal, type="not-your-message", status=403):
    """Somebody else said it."""


class ReactionsFull(Refusal, type="reactions-full"):
    """As many people as may have shown what they think of a message."""

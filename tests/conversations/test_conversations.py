"""Conversations: who is in one, what is said in it once, and what becomes of that."""

from typing import Any
from unittest.mock import patch

import msgspec
import pytest

from domain.aggregate import Command
from domain.conversations import conversation as rules
from domain.conversations.commands import (
    AddMember,
    DeleteMessage,
    EditMessage,
    LeaveConversation,
    LookAtConversation,
    OpenConversation,
    React,
    ReadUpTo,
    Say,
    StartGroup,
    TakeReactionBack,
)
from domain.conversations.conversation import (
    MOST_MEMBERS,
    MOST_REACTIONS,
    MOST_SPEAKERS,
    Conversation,
)
from domain.conversations.events import (
    ConversationOpened,
    ConversationRead,
    GroupStarted,
    MemberAdded,
    MemberLeft,
    MessageDeleted,
    MessageEdited,
    MessageReacted,
    MessageSaid,
    MessageWithheld,
    ReactionTaken,
)
from domain.conversations.names import id_of_two, kind_of, stream_key
from domain.conversations.newest import MOST_NEWEST
from domain.conversations.refusals import (
    ClientSeqPassed,
    ConversationFull,
    ConversationNotFound,
    ConversationTaken,
    MessageNotFound,
    MessageTooOld,
    NobodyElse,
    NotAGroup,
    NotYourMessage,
    ReactionsFull,
    SaidToBlocked,
)
from domain.conversations.state import (
    ConversationMember,
    ConversationState,
    KeptMessage,
    LastSaid,
)
from domain.conversations.view import ConversationView, MessageView
from domain.keys import MOST_KEY_CHARACTERS
from tests.conversations.given import ADA, BOB, CYD, GROUP, TWO, by, in_two, say, two
from tests.given import Story, given

MOST_OF_KAFKA_BYTES = 1_000_000
"""A record, unless somebody sets it otherwise: `message.max.bytes` of librdkafka."""


def in_group(*members: str, **facts: Any) -> Story:
    start = by(ADA, StartGroup, members=[*members], **facts)
    return given(Conversation(stream_key(GROUP)), start)


def test_two_people_have_one_conversation_whoever_opens_it() -> None:
    assert id_of_two(ADA, BOB) == id_of_two(BOB, ADA) == TWO
    assert id_of_two(ADA, BOB) != id_of_two(ADA, CYD)
    assert [kind_of(each) for each in (TWO, GROUP)] == ["two", "group"]
    story = given(Conversation(stream_key(TWO))).when(OpenConversation(user_id=ADA, other_id=BOB))
    story.then(ConversationOpened).with_facts(user_id=ADA, other_id=BOB)
    story.when(OpenConversation(user_id=BOB, other_id=ADA)).then()
    assert story.reply == ConversationView(
        conversation_id=TWO, kind="two", members=[ADA, BOB], last=0, read_up_to=0, client_seq=0
    )


def test_nobody_talks_to_themselves() -> None:
    alone = OpenConversation(user_id=ADA, other_id=ADA)
    given(Conversation(alone.aggregate_id)).when(alone).refuses(NobodyElse)
    in_group().when(by(BOB, StartGroup, members=[BOB])).refuses(NobodyElse)


def test_what_is_said_is_numbered_for_all() -> None:
    story = in_two().when(say(ADA, 1)).then(MessageSaid)
    story.with_facts(sender=ADA, receiver=BOB, number=1, client_seq=1)
    story.when(say(BOB, 1, reply_to=1)).then(MessageSaid)
    story.with_facts(sender=BOB, receiver=ADA, number=2, reply_to=1)
    assert story.reply == MessageView(conversation_id=TWO, number=2)


def test_a_repeat_is_answered_as_the_first_and_says_nothing() -> None:
    story = in_two(say(ADA, 1), say(ADA, 2), say(BOB, 1))
    for client_seq, number in ((2, 2), (1, 1)):
        story.when(say(ADA, client_seq)).then()
        assert story.reply == MessageView(conversation_id=TWO, number=number)


def test_a_repeat_is_known_after_an_edit_and_a_deletion_and_however_much_is_said() -> None:
    changes = [two(ADA, EditMessage, number=1, text=say(ADA, 9).text)]
    changes += [two(ADA, DeleteMessage, number=1)]
    others = [say(BOB, n) for n in range(1, MOST_NEWEST + 10)]
    story = in_two(say(ADA, 1), *changes, *others).when(say(ADA, 1)).then()
    assert story.reply == MessageView(conversation_id=TWO, number=1)


def test_two_devices_that_count_alike_lose_nothing() -> None:
    in_two(say(ADA, 1)).when(say(ADA, 1, text_mark=99)).refuses(ClientSeqPassed)
    in_two(say(ADA, 1), say(ADA, 2)).when(say(ADA, 1, text_mark=99)).refuses(ClientSeqPassed)


def test_what_may_have_been_said_long_ago_is_not_said_again() -> None:
    many = [say(ADA, n) for n in range(1, MOST_NEWEST + 2)]
    in_two(*many).when(say(ADA, 1)).refuses(ClientSeqPassed)


def test_only_members_say_and_see_anything() -> None:
    for command in (say(CYD, 1), two(CYD, ReadUpTo, up_to=0), two(CYD, LookAtConversation)):
        in_two(say(ADA, 1)).when(command).refuses(ConversationNotFound)
        given(Conversation(stream_key(TWO))).when(command).refuses(ConversationNotFound)


def test_only_who_said_it_edits_and_deletes_it() -> None:
    for command in (
        two(BOB, EditMessage, number=1, text=say(BOB, 1).text),
        two(BOB, DeleteMessage, number=1),
    ):
        in_two(say(ADA, 1)).when(command).refuses(NotYourMessage)


def test_a_message_is_edited_until_it_is_deleted_once() -> None:
    edit = two(ADA, EditMessage, number=1, text=say(ADA, 9).text)
    story = in_two(say(ADA, 1)).when(edit).then(MessageEdited)
    story.with_facts(user_id=ADA, number=1, withheld=False)
    story.when(two(ADA, DeleteMessage, number=1)).then(MessageDeleted)
    story.when(two(ADA, DeleteMessage, number=1)).then()
    story.when(edit).refuses(MessageNotFound)
    story.when(two(BOB, React, number=1, reaction="like")).refuses(MessageNotFound)


@pytest.mark.parametrize("number", [2, 99])
def test_what_was_not_said_is_not_there(number: int) -> None:
    for command in (
        two(ADA, DeleteMessage, number=number),
        two(ADA, React, number=number, reaction="like"),
        two(ADA, ReadUpTo, up_to=number),
        say(ADA, 2, reply_to=number),
    ):
        in_two(say(ADA, 1)).when(command).refuses(MessageNotFound)


def test_only_the_newest_change_and_older_ones_are_still_replied_to() -> None:
    many = [say(ADA, n) for n in range(1, MOST_NEWEST + 2)]
    in_two(*many).when(two(ADA, DeleteMessage, number=1)).refuses(MessageTooOld)
    in_two(*many).when(two(ADA, DeleteMessage, number=2)).then(MessageDeleted)
    in_two(*many).when(say(BOB, 1, reply_to=1)).then(MessageSaid)


def test_everybody_shows_one_thing_that_they_think() -> None:
    story = in_two(say(ADA, 1)).when(two(BOB, React, number=1, reaction="like"))
    story.then(MessageReacted).with_facts(user_id=BOB, number=1, reaction="like")
    story.when(two(BOB, React, number=1, reaction="like")).then()
    story.when(two(BOB, React, number=1, reaction="wow")).then(MessageReacted)
    story.when(two(BOB, TakeReactionBack, number=1)).then(ReactionTaken)
    story.when(two(BOB, TakeReactionBack, number=1)).then()


def test_reading_goes_forwards_and_back() -> None:
    story = in_two(say(ADA, 1), say(ADA, 2)).when(two(BOB, ReadUpTo, up_to=2))
    story.then(ConversationRead).with_facts(user_id=BOB, up_to=2, unread=False)
    story.when(two(BOB, ReadUpTo, up_to=2)).then()
    story.when(two(BOB, ReadUpTo, up_to=1)).then(ConversationRead).with_facts(unread=True)
    assert isinstance(story.reply, ConversationView)
    assert (story.reply.last, story.reply.read_up_to) == (2, 1)


# -- groups ----------------------------------------------------------------------------------------


def test_a_group_is_started_once_by_one_person() -> None:
    start = by(ADA, StartGroup, members=[BOB, BOB, CYD])
    story = given(Conversation(stream_key(GROUP))).when(start)
    story.then(GroupStarted, MemberAdded, MemberAdded).with_facts(1, user_id=BOB, by=ADA, after=0)
    story.when(start).then()
    story.when(by(BOB, StartGroup, members=[])).refuses(ConversationTaken)
    story.when(by(ADA, LeaveConversation)).then(MemberLeft)
    story.when(start).refuses(ConversationTaken)


def test_in_a_group_nobody_is_the_other() -> None:
    in_group(BOB, CYD).when(say(ADA, 1, GROUP)).then(MessageSaid).with_facts(receiver=None)


def test_who_comes_later_sees_what_is_said_later() -> None:
    story = in_group(BOB).when(say(ADA, 1, GROUP)).when(by(BOB, AddMember, member_id=CYD))
    story.then(MemberAdded).with_facts(user_id=CYD, by=BOB, after=1)
    story.when(by(ADA, AddMember, member_id=CYD)).then()
    story.when(by(CYD, React, number=1, reaction="like")).refuses(MessageNotFound)
    story.when(say(CYD, 1, GROUP, reply_to=1)).refuses(MessageNotFound)
    story.when(by(CYD, ReadUpTo, up_to=0)).then()
    assert isinstance(story.reply, ConversationView)
    assert story.reply.read_up_to == 1


def test_who_left_is_gone_and_what_they_said_last_is_known_when_they_come_back() -> None:
    story = in_group(BOB).when(say(BOB, 7, GROUP)).when(by(BOB, LeaveConversation))
    story.then(MemberLeft).when(say(BOB, 8, GROUP)).refuses(ConversationNotFound)
    story.when(by(BOB, LeaveConversation)).refuses(ConversationNotFound)
    story.when(by(ADA, AddMember, member_id=BOB)).then(MemberAdded)
    story.when(say(BOB, 7, GROUP)).then()
    assert story.reply == MessageView(conversation_id=GROUP, number=1)


def test_nobody_joins_or_leaves_two() -> None:
    for command in (two(ADA, AddMember, member_id=CYD), two(ADA, LeaveConversation)):
        in_two().when(command).refuses(NotAGroup)


def test_a_group_holds_so_many() -> None:
    with patch.object(rules, "MOST_MEMBERS", 2):
        in_group(BOB).when(by(ADA, AddMember, member_id=CYD)).refuses(ConversationFull)
    with patch.object(rules, "MOST_SPEAKERS", 2):
        story = in_group(BOB).when(say(BOB, 1, GROUP)).when(by(BOB, LeaveConversation))
        story.when(by(ADA, AddMember, member_id=CYD)).refuses(ConversationFull)
        story.when(by(ADA, AddMember, member_id=BOB)).then(MemberAdded)


def test_who_has_reacted_and_left_counts_as_long_as_it_shows() -> None:
    story = in_group(BOB).when(say(ADA, 1, GROUP)).when(by(BOB, React, number=1, reaction="like"))
    story.when(by(BOB, LeaveConversation))
    with patch.object(rules, "MOST_SPEAKERS", 2):
        story.when(by(ADA, AddMember, member_id=CYD)).refuses(ConversationFull)
    with patch.object(rules, "MOST_REACTIONS", 1):
        story.when(by(ADA, AddMember, member_id=BOB)).then(MemberAdded)
        story.when(by(ADA, React, number=1, reaction="like")).refuses(ReactionsFull)


def test_the_largest_conversation_fits_in_a_record() -> None:
    people = [f"{number:03}".ljust(MOST_KEY_CHARACTERS, "🎮") for number in range(MOST_SPEAKERS)]
    largest = 2**53 - 1
    message = KeptMessage(
        sender=MOST_SPEAKERS,
        client_seq=largest,
        text_mark=2**32 - 1,
        withheld=True,
        reactions=[(MOST_SPEAKERS - 1, "thanks")] * MOST_REACTIONS,
    )
    member = ConversationMember(after=largest, read_up_to=largest)
    said = LastSaid(number=largest, client_seq=largest, text_mark=2**32 - 1)
    state = ConversationState(
        people=people,
        started_by=people[0],
        members=[(MOST_SPEAKERS - 1, member)] * MOST_MEMBERS,
        said=[(MOST_SPEAKERS - 1, said)] * MOST_SPEAKERS,
        last=largest,
        newest=[message] * MOST_NEWEST,
    )
    assert len(msgspec.json.encode(state)) < MOST_OF_KAFKA_BYTES


# -- blocks ----------------------------------------------------------------------------------------


def test_a_blocked_person_sees_what_they_say_and_the_other_does_not() -> None:
    story = in_two(say(BOB, 1)).when(say(ADA, 1, reception="withheld")).then(MessageWithheld)
    assert story.reply == MessageView(conversation_id=TWO, number=2)
    story.when(two(BOB, React, number=2, reaction="like")).refuses(MessageNotFound)
    story.when(say(BOB, 2, reply_to=2)).refuses(MessageNotFound)
    story.when(two(ADA, React, number=2, reaction="like")).then(MessageReacted)
    story.with_facts(withheld=True)
    story.when(two(ADA, DeleteMessage, number=2)).then(MessageDeleted).with_facts(withheld=True)


def test_a_message_stays_withheld_when_it_is_said_again_without_a_block() -> None:
    story = in_two(say(ADA, 1, reception="withheld")).when(say(ADA, 1)).then()
    assert story.reply == MessageView(conversation_id=TWO, number=1)


def test_nobody_talks_to_whom_they_have_blocked_and_repeats_are_still_known() -> None:
    in_two(say(ADA, 1)).when(say(ADA, 2, reception="refused")).refuses(SaidToBlocked)
    in_two(say(ADA, 1)).when(say(ADA, 1, reception="refused")).then()


def test_what_is_withheld_is_told_to_its_sender_as_said() -> None:
    story = in_two().when(say(ADA, 1, reception="withheld"))
    (withheld,) = story.events
    assert withheld.as_told_to(BOB) is None
    told = withheld.as_told_to(ADA)
    assert isinstance(told, MessageSaid)
    assert told.facts() == withheld.facts()
    story.when(two(ADA, DeleteMessage, number=1))
    (deleted,) = story.events
    assert deleted.as_told_to(BOB) is None
    assert isinstance(told := deleted.as_told_to(ADA), MessageDeleted)
    assert not told.withheld


def test_steps_that_need_to_know_of_others_are_the_hall_s() -> None:
    steps: tuple[type[Command], ...] = (Say, StartGroup, AddMember)
    assert all(each.by_hall for each in steps)

"""Wire updates in the gate's words."""

from __future__ import annotations

from typing import TypeVar

import msgspec
import pytest
from tests.fixtures.telegram import START, message_update

from gmbot.adapters.telegram import wire
from gmbot.adapters.telegram.standings import rights_of
from gmbot.adapters.telegram.translate import read_update
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.standing import EVERYTHING, FREE, MUTED, Restriction, Status
from gmbot.gate.incoming import (
    BotChanged,
    ButtonTapped,
    Ignored,
    Incoming,
    JoinAsked,
    MemberChanged,
    MessageSeen,
    Unreadable,
)

T = TypeVar("T", bound=Incoming)
NOW = int(START)
ANN = {"id": 7, "is_bot": False, "first_name": "Ann", "last_name": "Lee", "username": "ann"}
OLGA = {"id": 1, "is_bot": False, "first_name": "Olga"}
TALK = {"id": -1001, "type": "supergroup", "title": "Talk", "username": "talk", "is_forum": True}
NEWS = {"id": -1002, "type": "channel", "title": "News", "username": "news"}


def read(kind: type[T], update: object) -> T:
    """What an update tells the gate, which is of that kind."""
    found = read_update(msgspec.json.encode(update))
    assert isinstance(found, kind)
    return found


def message(**fields: object) -> MessageSeen:
    """A message of Ann's in Talk with these fields."""
    return read(MessageSeen, message_update(5, fields))


def changed(old: dict[str, object], new: dict[str, object]) -> MemberChanged:
    """Ann's change from one status to another, by Olga."""
    change = {
        "chat": TALK,
        "from": OLGA,
        "date": NOW,
        "old_chat_member": {"user": ANN} | old,
        "new_chat_member": {"user": ANN} | new,
    }
    return read(MemberChanged, {"update_id": 9, "chat_member": change})


def test_a_message_names_its_chat_author_and_time() -> None:
    """The common case: text from a person in a supergroup."""
    seen = message(chat=TALK, **{"from": ANN})
    assert seen.sender is not None
    assert (seen.update_id, seen.at, seen.message_id) == (5, NOW, 5)
    assert (seen.chat.chat_id, seen.chat.kind, seen.chat.title, seen.chat.is_forum) == (
        -1001,
        "supergroup",
        "Talk",
        True,
    )
    assert (seen.sender.user_id, seen.sender.name, seen.sender.username) == (7, "Ann Lee", "ann")
    assert not seen.service
    assert not seen.edited


def test_an_edited_message_counts_from_its_edit() -> None:
    """Its time is the edit's, so that an old message edited now is news."""
    update = message_update(5, {"edit_date": NOW + 60})
    edited = read(MessageSeen, {"update_id": 6, "edited_message": update["message"]})
    assert (edited.edited, edited.at) == (True, NOW + 60)


def test_a_topic_has_its_number_and_general_has_none() -> None:
    """A thread of replies outside of a forum is no topic either."""
    assert message(message_thread_id=12, is_topic_message=True).thread_id == 12
    assert message(message_thread_id=12).thread_id is None


def test_somebody_writing_as_a_channel_comes_with_that_channel() -> None:
    """So does an anonymous admin, whose sender chat is the group itself."""
    seen = message(sender_chat=NEWS)
    assert seen.sender_chat is not None
    assert (seen.sender_chat.chat_id, seen.sender_chat.kind) == (-1002, "channel")


def test_a_linked_channels_post_is_an_automatic_forward() -> None:
    """Such posts are never moderated."""
    assert message(is_automatic_forward=True).automatic_forward


def test_an_album_keeps_its_group() -> None:
    """Each photo is a message; the prompt is one."""
    assert message(media_group_id="77").media_group_id == "77"


def test_a_join_is_a_service_message_that_names_who_joined() -> None:
    """Nobody is its author."""
    seen = message(text=None, new_chat_members=[ANN])
    assert seen.service
    assert [person.user_id for person in seen.joined] == [7]


@pytest.mark.parametrize("mark", wire.SERVICE_MARKS)
def test_a_service_message_is_told_by_its_mark(mark: str) -> None:
    """Titles, pins, topics, calls, boosts…: whatever Telegram writes by itself."""
    assert message(text=None, **{mark: {"anything": [1, {"at": "all"}]}}).service


def test_a_photo_without_words_is_no_service_message() -> None:
    """It has none of the marks."""
    assert not message(text=None, photo=[{"file_id": "x"}]).service


def test_words_cannot_pass_for_a_service_message() -> None:
    """A text has an author, whatever else came with it."""
    assert not message(pinned_message={"message_id": 1}).service


def test_a_migration_names_both_ids() -> None:
    """Either message may come first."""
    assert message(text=None, migrate_to_chat_id=-1009).migrated_to == -1009
    assert message(text=None, migrate_from_chat_id=-9).migrated_from == -9


def test_a_reply_to_a_channels_post_names_the_channel() -> None:
    """`/protect` in answer to a forwarded post means the post's channel."""
    reply = {"message_id": 1, "forward_origin": {"type": "channel", "chat": NEWS, "message_id": 3, "date": 1}}
    found = message(reply_to_message=reply).forwarded_from
    assert found is not None
    assert (found.chat_id, found.title) == (-1002, "News")


def test_a_forward_names_its_channel_in_private_only() -> None:
    """In a group people forward all day without meaning GMBot."""
    origin = {"type": "channel", "chat": NEWS, "message_id": 3, "date": 1}
    private = {"id": 7, "type": "private", "first_name": "Ann"}
    assert message(forward_origin=origin).forwarded_from is None
    assert message(forward_origin=origin, chat=private).forwarded_from is not None


def test_a_forward_from_a_person_names_no_channel() -> None:
    """Only channels can be required."""
    origin = {"type": "user", "sender_user": ANN, "date": 1}
    assert message(reply_to_message={"message_id": 1, "forward_origin": origin}).forwarded_from is None


def test_a_private_chat_is_titled_with_its_persons_name() -> None:
    """It has no title of its own."""
    chat = {"id": 7, "type": "private", "first_name": "Ann", "last_name": "Lee"}
    assert message(chat=chat).chat.title == "Ann Lee"


def test_a_name_loses_what_no_database_keeps() -> None:
    """PostgreSQL refuses NUL, and a name must not be able to stop an update for ever."""
    seen = message(**{"from": {"id": 7, "first_name": "A\0nn"}})
    assert seen.sender is not None
    assert seen.sender.name == "Ann"


def test_a_membership_change_is_stamped_with_telegrams_time() -> None:
    """Its version is the update's date and id, and it says who did it; the old state is no news."""
    seen = changed({"status": "left"}, {"status": "member"})
    assert (seen.old.status, seen.old.present, seen.old.stamp) == (Status.LEFT, False, Stamp())
    assert (seen.new.status, seen.new.present) == (Status.MEMBER, True)
    assert seen.new.stamp == Stamp(NOW, Source.EVENT, 9)
    assert (seen.new.by, seen.actor.user_id, seen.person.user_id) == (1, 1, 7)


@pytest.mark.parametrize("is_member", [True, False])
def test_a_restricted_person_is_present_only_as_a_member(is_member: bool) -> None:
    """Who was muted and left is restricted still."""
    seen = changed({"status": "member"}, {"status": "restricted", "is_member": is_member, "until_date": 0})
    assert seen.new.present is is_member


def test_a_restriction_is_the_permissions_that_are_true() -> None:
    """Those that are missing are false; the end is kept."""
    rights = {"can_send_messages": True, "can_send_polls": True, "can_pin_messages": False}
    seen = changed(
        {"status": "member"},
        {"status": "restricted", "is_member": True, "until_date": NOW + 99} | rights,
    )
    assert seen.new.restriction == Restriction(frozenset({"can_send_messages", "can_send_polls"}), NOW + 99)


def test_all_sixteen_permissions_are_everything() -> None:
    """Nothing of what the domain counts as freedom is missed on the wire."""
    rights = dict.fromkeys(EVERYTHING, True)
    seen = changed(
        {"status": "member"}, {"status": "restricted", "is_member": True, "until_date": 0} | rights
    )
    assert seen.new.restriction == FREE


def test_a_ban_keeps_its_end() -> None:
    """So that it can be made again if a race undid it."""
    seen = changed({"status": "member"}, {"status": "kicked", "until_date": NOW + 99})
    assert (seen.new.status, seen.new.present) == (Status.KICKED, False)
    assert seen.new.restriction == Restriction(MUTED, NOW + 99)


def test_a_paid_membership_that_will_end_is_a_membership() -> None:
    """A channel's paid subscriber carries an end."""
    assert changed({"status": "left"}, {"status": "member", "until_date": NOW + 99}).new.present


def test_the_bots_own_change_says_what_it_may_do_now() -> None:
    """The rights are those held; whether it could be edited is none."""
    change = {
        "chat": TALK,
        "from": OLGA,
        "date": NOW,
        "old_chat_member": {"status": "member", "user": ANN},
        "new_chat_member": {
            "status": "administrator",
            "user": ANN,
            "can_be_edited": True,
            "is_anonymous": False,
            "can_restrict_members": True,
            "can_delete_messages": True,
            "can_pin_messages": False,
        },
    }
    seen = read(BotChanged, {"update_id": 9, "my_chat_member": change})
    assert seen.rights == {"can_restrict_members", "can_delete_messages"}
    assert (seen.new.status, seen.new.stamp.sequence) == (Status.ADMINISTRATOR, 9)


def test_owners_have_every_right_and_members_none() -> None:
    """Rights are what admins have."""
    user = wire.User(id=7)
    assert rights_of(wire.ChatMemberOwner(user)) == wire.ADMIN_RIGHTS
    assert rights_of(wire.ChatMemberMember(user)) == frozenset()


def tapped(**fields: object) -> object:
    """An update with a tap of Ann's."""
    return {"update_id": 9, "callback_query": {"id": "1", "from": ANN, "chat_instance": "c"} | fields}


def test_a_tap_names_who_what_and_where() -> None:
    """The button's message tells the chat and the topic."""
    under = {"message_id": 4, "date": NOW, "chat": TALK, "message_thread_id": 3, "is_topic_message": True}
    seen = read(ButtonTapped, tapped(data="verify:7", message=under))
    assert seen.chat is not None
    assert (seen.callback_id, seen.person.user_id, seen.data) == ("1", 7, "verify:7")
    assert (seen.chat.chat_id, seen.message_id, seen.thread_id) == (-1001, 4, 3)


def test_a_tap_under_a_forgotten_message_has_no_place() -> None:
    """It is still a tap."""
    seen = read(ButtonTapped, tapped(data="verify:7"))
    assert (seen.chat, seen.message_id) == (None, None)


def test_a_tap_without_data_is_ignored() -> None:
    """Games are none of ours."""
    assert read(Ignored, tapped(game_short_name="g")).kind == "callback_query"


def test_an_update_of_an_unknown_kind_is_ignored() -> None:
    """A newer Bot API breaks nothing."""
    assert read(Ignored, {"update_id": 9, "telepathy": {"from": ANN}}).kind == "other"


def test_a_join_request_names_where_its_author_may_be_written_to() -> None:
    """It need not be the author's own id."""
    request = {"chat": TALK, "from": ANN, "user_chat_id": 777, "date": NOW}
    asked = read(JoinAsked, {"update_id": 9, "chat_join_request": request})
    assert (asked.chat.chat_id, asked.person.user_id, asked.private_chat_id, asked.at) == (-1001, 7, 777, NOW)


@pytest.mark.parametrize(
    "spoilt",
    [
        {"message": {"message_id": "five"}},
        {"message": 5},
        {"chat_member": {"chat": TALK, "from": OLGA, "date": NOW, "new_chat_member": {"status": "ghost"}}},
        {"message": {"message_id": 2**64, "date": 1, "chat": TALK}},
        {"message": {"message_id": 1, "date": -1, "chat": TALK}},
        {"message": {"message_id": 1, "date": 1, "chat": {"id": 1, "type": "hall"}}},
    ],
)
def test_an_update_that_makes_no_sense_is_set_aside(spoilt: dict[str, object]) -> None:
    """Its id is enough to acknowledge it, so that it cannot block those behind it."""
    seen = read(Unreadable, {"update_id": 9} | spoilt)
    assert (seen.update_id, seen.kind) == (9, next(iter(spoilt)))


@pytest.mark.parametrize("nonsense", [b"", b"{", b"[]", b"null", b'{"update_id":"1"}', b'{"update_id":1e9}'])
def test_what_has_no_id_is_no_update(nonsense: bytes) -> None:
    """There is nothing to acknowledge."""
    with pytest.raises(ValueError, match=r"."):
        read_update(nonsense)


def test_endless_nesting_is_no_update() -> None:
    """A parser's depth is finite."""
    with pytest.raises(RecursionError):
        read_update(b'{"update_id":1,"x":' + b"[" * 100_000)

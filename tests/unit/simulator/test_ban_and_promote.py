"""banChatMember, unbanChatMember, promoteChatMember and banChatSenderChat."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import START, Scene, inside, statuses

from gmbot.simulator import NotAllowed

NO_RIGHTS = "400 Bad Request: not enough rights to restrict/unrestrict chat member"


def test_a_ban_removes_and_keeps_out(scene: Scene) -> None:
    """In channels as in groups."""
    for chat in (scene.group, scene.channel):
        assert scene.call("banChatMember", chat_id=chat, user_id=scene.joined(chat)) is True
        with pytest.raises(NotAllowed):
            scene.world.join(scene.ann, chat)


def test_a_ban_takes_the_banned_users_messages_along(scene: Scene) -> None:
    """revoke_messages is always true in supergroups."""
    scene.joined()
    message = scene.world.say(scene.ann, scene.group, "spam")
    scene.call("banChatMember", chat_id=scene.group, user_id=scene.ann)
    assert scene.world.message(scene.group, message.id) is None


def test_the_same_ban_again_emits_nothing(scene: Scene) -> None:
    """The status is the same."""
    for _ in range(2):
        scene.call("banChatMember", chat_id=scene.group, user_id=scene.ann)
    assert len(scene.updates()) == 1


def test_a_ban_may_have_an_end(scene: Scene) -> None:
    """By the same rule of dates as a mute."""
    scene.call("banChatMember", chat_id=scene.group, user_id=scene.ann, until_date=int(START) + 60)
    assert scene.world.member(scene.group, scene.ann).until_date == START + 60


@pytest.mark.parametrize("method", ["banChatMember", "unbanChatMember"])
def test_bans_need_the_right_and_spare_administrators(scene: Scene, method: str) -> None:
    """The owner is refused by name."""
    other = scene.world.add_user("Adam")
    scene.world.promote(scene.group, other, scene.owner)
    asked = {"chat_id": scene.group}
    assert scene.refusal(method, user_id=scene.owner, **asked) == "400 Bad Request: can't remove chat owner"
    refusal = scene.refusal(method, user_id=other, **asked)
    assert refusal == "400 Bad Request: user is an administrator of the chat"
    scene.without(scene.group, "can_restrict_members")
    assert scene.refusal(method, user_id=other, **asked) == NO_RIGHTS


def test_an_unban_removes_a_current_member(scene: Scene) -> None:
    """Unless only_if_banned says otherwise."""
    scene.joined()
    asked = {"chat_id": scene.group, "user_id": scene.ann}
    scene.call("unbanChatMember", only_if_banned="true", **asked)
    assert scene.world.member(scene.group, scene.ann).is_member
    scene.call("unbanChatMember", **asked)
    assert scene.world.member(scene.group, scene.ann).status == "left"


def test_an_unban_lets_the_banned_return(scene: Scene) -> None:
    """It does not add them."""
    scene.world.ban(scene.group, scene.ann, scene.owner)
    scene.call("unbanChatMember", chat_id=scene.group, user_id=scene.ann, only_if_banned=True)
    scene.world.join(scene.ann, scene.group)


def test_basic_groups_cannot_unban(scene: Scene) -> None:
    """They can only ban."""
    basic = scene.world.create_group(scene.owner, "Small")
    scene.world.add_bot_to_chat(basic, scene.bot, scene.owner)
    assert scene.call("banChatMember", chat_id=basic, user_id=scene.ann) is True
    refusal = scene.refusal("unbanChatMember", chat_id=basic, user_id=scene.ann)
    assert refusal == "400 Bad Request: method is available for supergroup and channel chats only"


def test_a_promotion_grants_what_is_true_and_nothing_else(scene: Scene) -> None:
    """None true demotes."""
    scene.joined()
    asked = {"chat_id": scene.group, "user_id": scene.ann}
    assert scene.call("promoteChatMember", can_pin_messages=True, **asked) is True
    answer = scene.wire("getChatMember", **asked)
    assert (answer["can_pin_messages"], answer["can_restrict_members"]) == (True, False)
    assert answer["can_be_edited"] is True
    scene.call("setChatAdministratorCustomTitle", custom_title="Keeper", **asked)
    assert scene.wire("getChatMember", **asked)["custom_title"] == "Keeper"
    assert scene.call("promoteChatMember", **asked) is True
    assert scene.call("promoteChatMember", **asked) is True
    assert scene.wire("getChatMember", **asked)["status"] == "member"


def test_a_promotion_cannot_exceed_the_bots_own_rights(scene: Scene) -> None:
    """Nor touch whom others promoted, nor the bot itself, nor outsiders."""
    adam = scene.world.add_user("Adam")
    scene.world.promote(scene.group, adam, scene.owner)
    asked = {"chat_id": scene.group, "can_pin_messages": True}
    assert scene.refusal("promoteChatMember", user_id=scene.ann, **asked).endswith("USER_NOT_PARTICIPANT")
    assert scene.refusal("promoteChatMember", user_id=adam, **asked).endswith("CHAT_ADMIN_REQUIRED")
    assert scene.refusal("promoteChatMember", user_id=scene.bot, **asked).endswith("can't promote self")
    scene.without(scene.group, "can_pin_messages")
    assert scene.refusal("promoteChatMember", user_id=scene.joined(), **asked).endswith("RIGHT_FORBIDDEN")
    scene.without(scene.group, "can_promote_members")
    assert scene.refusal("promoteChatMember", user_id=scene.ann, **asked).endswith("not enough rights")


def test_titles_are_for_administrators_the_bot_promoted(scene: Scene) -> None:
    """Everybody else is refused."""
    adam = scene.world.add_user("Adam")
    scene.world.promote(scene.group, adam, scene.owner)
    asked = {"chat_id": scene.group, "custom_title": "x"}
    refusal = scene.refusal("setChatAdministratorCustomTitle", user_id=scene.ann, **asked)
    assert refusal == "400 Bad Request: user is not an administrator"
    refusal = scene.refusal("setChatAdministratorCustomTitle", user_id=adam, **asked)
    assert refusal.startswith("400 Bad Request: not enough rights")


def test_a_banned_sender_chat_cannot_be_written_as(scene: Scene) -> None:
    """Until it is un-banned; the user behind it keeps the own voice."""
    anns = scene.world.create_channel(scene.joined(), "Ann's")
    asked = {"chat_id": scene.group, "sender_chat_id": anns}
    scene.world.say(scene.ann, scene.group, "ad", sender_chat=anns)
    assert scene.call("banChatSenderChat", **asked) is True
    with pytest.raises(NotAllowed):
        scene.world.say(scene.ann, scene.group, "ad", sender_chat=anns)
    scene.world.say(scene.ann, scene.group, "me again")
    scene.call("unbanChatSenderChat", **asked)
    scene.world.say(scene.ann, scene.group, "ad", sender_chat=anns)


def test_sender_bans_are_checked(scene: Scene) -> None:
    """The chat must exist, be another one, and the bot needs the right."""
    scene.world.link_discussion(scene.channel, scene.group)
    asked = {"chat_id": scene.group}
    assert scene.refusal("banChatSenderChat", sender_chat_id=-9, **asked).endswith("sender_chat not found")
    assert "own or linked" in scene.refusal("banChatSenderChat", sender_chat_id=scene.channel, **asked)
    scene.without(scene.group, "can_restrict_members")
    assert scene.refusal("banChatSenderChat", sender_chat_id=scene.channel, **asked) == NO_RIGHTS


@pytest.mark.parametrize("method", ["banChatMember", "unbanChatMember", "promoteChatMember"])
def test_user_ids_are_checked_first(scene: Scene, method: str) -> None:
    """Before the chat."""
    assert scene.refusal(method, user_id=0).endswith("invalid user_id specified")


def test_a_ban_echoes_from_the_bot(scene: Scene) -> None:
    """As every change by the bot does."""
    scene.call("banChatMember", chat_id=scene.channel, user_id=scene.joined(scene.channel))
    (update,) = scene.updates()
    assert statuses(update) == ("member", "kicked")
    assert inside(update, "from", "id") == scene.bot


def test_a_title_needs_a_user(scene: Scene) -> None:
    """As every method about somebody does."""
    refusal = scene.refusal("setChatAdministratorCustomTitle", chat_id=scene.group, user_id=0)
    assert refusal == "400 Bad Request: invalid user_id specified"

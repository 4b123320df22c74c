"""Finding a chat and being let near it."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import MUTE, TOKEN, Scene

from gmbot.simulator import ApiError


@pytest.mark.parametrize("method", ["getChat", "sendMessage", "leaveChat"])
def test_an_empty_chat_id_is_named(scene: Scene, method: str) -> None:
    """Arguments come first."""
    assert scene.refusal(method, text="x") == "400 Bad Request: chat_id is empty"


@pytest.mark.parametrize("chat", ["-5", "@nobody", "abc", 77])
def test_what_does_not_exist_is_not_found(scene: Scene, chat: object) -> None:
    """By number, by name, and by nonsense."""
    assert scene.refusal("getChat", chat_id=chat) == "400 Bad Request: chat not found"


def test_a_private_chat_the_bot_never_saw_is_not_found(scene: Scene) -> None:
    """Its existence is not given away."""
    secret = scene.world.create_channel(scene.owner, "Secret")
    assert scene.refusal("getChat", chat_id=secret) == "400 Bad Request: chat not found"


@pytest.mark.parametrize(("place", "word"), [("group", "supergroup"), ("channel", "channel")])
def test_a_bot_that_was_removed_is_told_how(scene: Scene, place: str, word: str) -> None:
    """Kicked and left are different 403s."""
    chat = getattr(scene, place)
    scene.world.ban(chat, scene.bot, scene.owner)
    asked = scene.refusal("getChatMember", chat_id=chat, user_id=scene.ann)
    assert asked == f"403 Forbidden: bot was kicked from the {word} chat"
    scene.world.unban(chat, scene.bot, scene.owner)
    asked = scene.refusal("getChatMember", chat_id=chat, user_id=scene.ann)
    assert asked == f"403 Forbidden: bot is not a member of the {word} chat"


def test_a_public_chat_is_readable_but_not_writable_from_outside(scene: Scene) -> None:
    """Membership is needed to write."""
    public = scene.world.create_supergroup(scene.owner, "Open", username="open_talk")
    assert scene.wire("getChat", chat_id=public)["title"] == "Open"
    refusal = scene.refusal("sendMessage", chat_id=public, text="x")
    assert refusal == "403 Forbidden: bot is not a member of the supergroup chat"


def test_a_deleted_group_says_so(scene: Scene) -> None:
    """As a 403."""
    scene.world.destroy(scene.group)
    assert scene.refusal("getChat", chat_id=scene.group) == "403 Forbidden: the group chat was deleted"


def test_an_upgraded_group_names_its_successor(scene: Scene) -> None:
    """In the 400's parameters."""
    old = scene.world.create_group(scene.owner, "Small")
    scene.world.add_bot_to_chat(old, scene.bot, scene.owner)
    new = scene.world.migrate(old)
    with pytest.raises(ApiError) as caught:
        scene.api.call(TOKEN, "sendMessage", {"chat_id": old, "text": "x"})
    assert caught.value.description == "Bad Request: group chat was upgraded to a supergroup chat"
    assert caught.value.parameters == {"migrate_to_chat_id": new}


def test_the_type_of_chat_is_checked_before_the_member(scene: Scene) -> None:
    """A basic group is refused whoever the user is."""
    basic = scene.world.create_group(scene.owner, "Small")
    scene.world.add_bot_to_chat(basic, scene.bot, scene.owner)
    refusal = scene.refusal("restrictChatMember", chat_id=basic, user_id=9, permissions=MUTE)
    assert refusal == "400 Bad Request: method is available only for supergroups"


def test_private_chats_have_no_members_to_change(scene: Scene) -> None:
    """Nobody is restricted in private."""
    scene.world.start_private(scene.ann, scene.bot)
    refusal = scene.refusal("restrictChatMember", chat_id=scene.ann, user_id=scene.ann, permissions=MUTE)
    assert refusal.startswith("400 Bad Request")


def test_get_chat_tells_what_administrators_need(scene: Scene) -> None:
    """Permissions, the linked chat, the pinned message and the primary link."""
    scene.world.link_discussion(scene.channel, scene.group)
    sent = scene.wire("sendMessage", chat_id=scene.group, text="rules")
    scene.call("pinChatMessage", chat_id=scene.group, message_id=sent["message_id"])
    link = scene.call("exportChatInviteLink", chat_id=scene.group)
    info = scene.wire("getChat", chat_id=scene.group)
    assert info["linked_chat_id"] == scene.channel
    assert info["pinned_message"] == sent
    assert info["invite_link"] == link
    assert isinstance(info["permissions"], dict)
    assert info["permissions"]["can_send_messages"] is True
    assert "permissions" not in scene.wire("getChat", chat_id=scene.channel)


def test_leaving_ends_access(scene: Scene) -> None:
    """The bot hears of it itself."""
    assert scene.call("leaveChat", chat_id=scene.group) is True
    assert scene.kinds() == ["my_chat_member"]
    refusal = scene.refusal("sendMessage", chat_id=scene.group, text="x")
    assert refusal == "403 Forbidden: bot is not a member of the supergroup chat"

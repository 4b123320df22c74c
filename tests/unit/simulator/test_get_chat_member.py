"""getChatMember and its kin."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import START, Scene

from gmbot.simulator.members import Member
from gmbot.simulator.rights import PERMISSIONS


def asked(scene: Scene, user: int, chat: int | None = None) -> dict[str, object]:
    """What getChatMember answers about that user."""
    return scene.wire("getChatMember", chat_id=chat or scene.group, user_id=user)


def test_who_never_joined_has_left_and_is_no_error(scene: Scene) -> None:
    """A known user outside the channel is `left`."""
    answer = asked(scene, scene.ann, scene.channel)
    assert answer["status"] == "left"
    assert set(answer) == {"status", "user"}


def test_a_user_the_world_does_not_know_is_an_error(scene: Scene) -> None:
    """Unknown is not "left"."""
    refusal = scene.refusal("getChatMember", chat_id=scene.group, user_id=9)
    assert refusal == "400 Bad Request: user not found"


def test_a_deleted_account_is_an_error(scene: Scene) -> None:
    """It is not "left" either."""
    scene.world.deactivate(scene.joined())
    refusal = scene.refusal("getChatMember", chat_id=scene.group, user_id=scene.ann)
    assert refusal == "400 Bad Request: user not found"


@pytest.mark.parametrize("user", [0, -5, "x", None])
def test_an_invalid_user_id_is_refused_before_the_chat_is_looked_up(scene: Scene, user: object) -> None:
    """Arguments come first."""
    refusal = scene.refusal("getChatMember", chat_id=-1, user_id=user)
    assert refusal == "400 Bad Request: invalid user_id specified"


def test_the_owner_is_creator(scene: Scene) -> None:
    """With is_anonymous and nothing else of its own."""
    assert asked(scene, scene.owner)["status"] == "creator"
    assert asked(scene, scene.owner)["is_anonymous"] is False


def test_an_administrators_rights_follow_the_type_of_chat(scene: Scene) -> None:
    """Posting belongs to channels, pinning and topics to supergroups."""
    in_channel = asked(scene, scene.bot, scene.channel)
    in_group = asked(scene, scene.bot)
    assert in_channel["can_post_messages"] is True
    assert "can_pin_messages" not in in_channel
    assert in_group["can_pin_messages"] is True
    assert "can_post_messages" not in in_group
    assert in_group["can_be_edited"] is False


def test_a_muted_member_is_restricted_with_all_sixteen_permissions(scene: Scene) -> None:
    """Together with is_member and until_date."""
    scene.mute(scene.joined())
    answer = asked(scene, scene.ann)
    assert answer["status"] == "restricted"
    assert answer["is_member"] is True
    assert answer["until_date"] == 0
    assert [answer[name] for name in PERMISSIONS] == [False] * 16


def test_a_banned_user_is_kicked(scene: Scene) -> None:
    """With until_date."""
    scene.world.ban(scene.group, scene.joined(), scene.owner, until_date=int(START) + 3_600)
    assert asked(scene, scene.ann)["until_date"] == START + 3_600
    assert asked(scene, scene.ann)["status"] == "kicked"


def test_a_paid_subscription_is_a_member_until_a_date_and_then_left(scene: Scene) -> None:
    """Without any update at its end."""
    scene.world.grant_until(scene.channel, scene.ann, int(START) + 60)
    assert asked(scene, scene.ann, scene.channel)["until_date"] == START + 60
    scene.forget()
    scene.clock.set(START + 60)
    assert asked(scene, scene.ann, scene.channel)["status"] == "left"
    assert scene.updates() == []


@pytest.mark.parametrize(
    ("member", "inside"),
    [
        (Member(status="creator"), True),
        (Member(status="administrator"), True),
        (Member(status="member"), True),
        (Member(status="restricted", present=True), True),
        (Member(status="restricted"), False),
        (Member(status="left"), False),
        (Member(status="kicked"), False),
    ],
)
def test_restricted_is_inside_only_with_is_member(member: Member, *, inside: bool) -> None:
    """The other statuses say it by themselves."""
    assert member.is_member is inside


def test_a_channel_hides_its_members_from_a_mere_member(scene: Scene) -> None:
    """The bot must be an administrator there."""
    scene.world.demote(scene.channel, scene.bot, scene.owner)
    refusal = scene.refusal("getChatMember", chat_id=scene.channel, user_id=scene.ann)
    assert refusal == "400 Bad Request: member list is inaccessible"
    refusal = scene.refusal("getChatAdministrators", chat_id=scene.channel)
    assert refusal == "400 Bad Request: member list is inaccessible"


def test_a_bot_may_always_ask_about_itself(scene: Scene) -> None:
    """That is how it learns that it lacks rights."""
    scene.world.demote(scene.channel, scene.bot, scene.owner)
    assert asked(scene, scene.bot, scene.channel)["status"] == "member"


def test_a_group_with_hidden_members_answers_administrators_only() -> None:
    """Other groups answer any member."""
    scene = Scene(hidden=True)
    assert asked(scene, scene.ann)["status"] == "left"
    scene.world.demote(scene.group, scene.bot, scene.owner)
    refusal = scene.refusal("getChatMember", chat_id=scene.group, user_id=scene.ann)
    assert refusal == "400 Bad Request: member list is inaccessible"


def test_a_public_channel_the_bot_never_entered_hides_its_members(scene: Scene) -> None:
    """It is readable, but its member list is not."""
    public = scene.world.create_channel(scene.owner, "Open", username="open_news")
    assert scene.wire("getChat", chat_id="@Open_News")["id"] == public
    refusal = scene.refusal("getChatMember", chat_id="@open_news", user_id=scene.ann)
    assert refusal == "400 Bad Request: member list is inaccessible"


def test_administrators_are_listed_without_other_bots(scene: Scene) -> None:
    """`return_bots` lists those too."""
    other = scene.world.add_bot("43:x", "other_bot")
    scene.world.add_bot_to_chat(scene.group, other, scene.owner)
    scene.joined()

    def listed(**more: object) -> list[int]:
        answer = scene.call("getChatAdministrators", chat_id=scene.group, **more)
        assert isinstance(answer, list)
        return [item["user"]["id"] for item in answer]

    assert listed() == [scene.owner, scene.bot]
    assert listed(return_bots=True) == [scene.owner, scene.bot, other]


def test_the_count_leaves_out_who_is_outside(scene: Scene) -> None:
    """Restricted people inside count, restricted people outside do not."""
    scene.mute(scene.joined())
    assert scene.call("getChatMemberCount", chat_id=scene.group) == 3
    scene.world.leave(scene.ann, scene.group)
    assert scene.call("getChatMemberCount", chat_id=scene.group) == 2


def test_private_chats_have_two_members_and_no_administrators(scene: Scene) -> None:
    """The user and the bot."""
    scene.world.start_private(scene.ann, scene.bot)
    assert scene.call("getChatMemberCount", chat_id=scene.ann) == 2
    assert scene.wire("getChatMember", chat_id=scene.ann, user_id=scene.ann)["status"] == "member"
    refusal = scene.refusal("getChatAdministrators", chat_id=scene.ann)
    assert refusal == "400 Bad Request: there are no administrators in the private chat"

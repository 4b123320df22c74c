"""restrictChatMember."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import MUTE, START, Scene, statuses

from gmbot.simulator.rights import (
    ALL_PERMISSIONS,
    GROUP_DEFAULTS,
    MEDIA_PERMISSIONS,
    PERMISSIONS,
    read_permissions,
)

EVERYTHING = dict.fromkeys(PERMISSIONS, True)


def restrict(scene: Scene, permissions: object, **more: object) -> object:
    """Restrict Ann in the group."""
    return scene.call(
        "restrictChatMember", chat_id=scene.group, user_id=scene.ann, permissions=permissions, **more
    )


def test_a_mute_takes_the_voice(scene: Scene) -> None:
    """One field that is false suffices: the missing ones are false too."""
    scene.joined()
    assert restrict(scene, MUTE) is True
    assert scene.world.member(scene.group, scene.ann).permissions == frozenset()
    assert not scene.world.can_speak(scene.ann, scene.group)


def test_all_sixteen_permissions_return_the_user_to_plain_member(scene: Scene) -> None:
    """And the voice with it."""
    scene.joined()
    restrict(scene, MUTE)
    restrict(scene, EVERYTHING)
    assert scene.world.member(scene.group, scene.ann).status == "member"
    assert scene.world.can_speak(scene.ann, scene.group)


def test_the_chats_defaults_leave_the_user_restricted(scene: Scene) -> None:
    """An unmute with fewer than all permissions is a restriction for ever."""
    scene.joined()
    restrict(scene, MUTE)
    restrict(scene, dict.fromkeys(GROUP_DEFAULTS, True), use_independent_chat_permissions=True)
    assert scene.world.member(scene.group, scene.ann).status == "restricted"
    assert scene.world.can_speak(scene.ann, scene.group)


def test_personal_permissions_are_anded_with_the_chats_defaults(scene: Scene) -> None:
    """Nobody gets more than the group allows."""
    scene.joined()
    scene.world.set_default_permissions(scene.group, ALL_PERMISSIONS - {"can_send_messages"})
    restrict(scene, {"can_send_messages": True})
    assert not scene.world.can_speak(scene.ann, scene.group)


def test_the_same_status_as_before_emits_no_update(scene: Scene) -> None:
    """It answers True and does nothing."""
    scene.joined()
    restrict(scene, MUTE)
    scene.forget()
    assert restrict(scene, MUTE) is True
    assert scene.updates() == []


def test_the_same_status_needs_no_rights(scene: Scene) -> None:
    """There is nothing to be allowed."""
    scene.joined()
    scene.without(scene.group, "can_restrict_members")
    assert restrict(scene, EVERYTHING) is True


def test_restricting_a_banned_user_unbans(scene: Scene) -> None:
    """The user is outside but may come back, muted."""
    scene.world.ban(scene.group, scene.joined(), scene.owner)
    scene.forget()
    restrict(scene, MUTE)
    assert statuses(scene.updates("chat_member")[0]) == ("kicked", "restricted")
    assert scene.world.member(scene.group, scene.ann).is_member is False
    scene.world.join(scene.ann, scene.group)
    assert not scene.world.can_speak(scene.ann, scene.group)


def test_unmuting_a_banned_user_unbans_too(scene: Scene) -> None:
    """All permissions outside are `left`."""
    scene.world.ban(scene.group, scene.ann, scene.owner)
    restrict(scene, EVERYTHING)
    assert scene.world.member(scene.group, scene.ann).status == "left"


@pytest.mark.parametrize("seconds", [0, -10, 29, 366 * 86_400 + 1])
def test_a_date_too_near_or_too_far_means_for_ever(scene: Scene, seconds: int) -> None:
    """It is stored as 0."""
    scene.joined()
    restrict(scene, MUTE, until_date=int(START) + seconds)
    assert scene.world.member(scene.group, scene.ann).until_date == 0


@pytest.mark.parametrize("seconds", [30, 3_600, 366 * 86_400])
def test_a_date_in_between_ends_the_restriction_without_an_update(scene: Scene, seconds: int) -> None:
    """The clock alone frees the user."""
    scene.joined()
    restrict(scene, MUTE, until_date=int(START) + seconds)
    scene.forget()
    scene.clock.set(START + seconds - 1)
    assert not scene.world.can_speak(scene.ann, scene.group)
    scene.clock.set(START + seconds)
    assert scene.world.can_speak(scene.ann, scene.group)
    assert scene.updates() == []


def test_one_slot_per_user_so_a_bots_unmute_wipes_an_admins_mute(scene: Scene) -> None:
    """Nothing remembers who muted."""
    scene.world.mute(scene.group, scene.joined(), scene.owner)
    restrict(scene, EVERYTHING)
    assert scene.world.can_speak(scene.ann, scene.group)


def test_somebody_outside_can_be_muted_beforehand(scene: Scene) -> None:
    """The mute holds when they join."""
    restrict(scene, MUTE)
    scene.world.join(scene.ann, scene.group)
    assert scene.world.member(scene.group, scene.ann).status == "restricted"


def test_refusals_come_in_the_servers_order(scene: Scene) -> None:
    """The owner first, then the bot itself, its rights, and other administrators last."""
    other = scene.world.add_user("Adam")
    scene.world.promote(scene.group, other, scene.owner)

    def refused(user: int) -> str:
        return scene.refusal("restrictChatMember", chat_id=scene.group, user_id=user, permissions=MUTE)

    assert refused(scene.owner) == "400 Bad Request: can't remove chat owner"
    assert refused(scene.bot) == "400 Bad Request: can't restrict self"
    assert refused(other) == "400 Bad Request: user is an administrator of the chat"
    scene.without(scene.group, "can_restrict_members")
    rights = "400 Bad Request: not enough rights to restrict/unrestrict chat member"
    assert refused(other) == rights
    assert refused(scene.ann) == rights


@pytest.mark.parametrize("permissions", [None, "", "nonsense"])
def test_permissions_must_be_an_object(scene: Scene, permissions: object) -> None:
    """A missing or unreadable one is a 400."""
    refusal = scene.refusal(
        "restrictChatMember", chat_id=scene.group, user_id=scene.ann, permissions=permissions
    )
    assert "can't parse permissions" in refusal


def test_the_default_permissions_change_for_everybody_without_an_update(scene: Scene) -> None:
    """setChatPermissions is the one-call brake."""
    scene.joined()
    assert scene.call("setChatPermissions", chat_id=scene.group, permissions=MUTE) is True
    assert not scene.world.can_speak(scene.ann, scene.group)
    assert scene.world.can_speak(scene.owner, scene.group)
    assert scene.updates() == []


def test_the_default_permissions_need_a_group_and_the_right(scene: Scene) -> None:
    """And an object."""
    refusal = scene.refusal("setChatPermissions", chat_id=scene.channel, permissions=MUTE)
    assert refusal == "400 Bad Request: method is available only for supergroups"
    assert "can't parse" in scene.refusal("setChatPermissions", chat_id=scene.group)
    scene.without(scene.group, "can_restrict_members")
    refusal = scene.refusal("setChatPermissions", chat_id=scene.group, permissions=MUTE)
    assert refusal == "400 Bad Request: not enough rights to change chat permissions"


@pytest.mark.parametrize(
    ("given", "independent", "implied"),
    [
        ({"can_send_messages": True}, False, {"can_send_messages", "can_react_to_messages"}),
        ({"can_send_messages": True, "can_react_to_messages": False}, False, {"can_send_messages"}),
        (
            {"can_pin_messages": True},
            True,
            {"can_pin_messages", "can_manage_topics", "can_edit_tag"},
        ),
        ({"can_send_polls": True}, False, {"can_send_polls", "can_send_messages"}),
        ({"can_send_polls": True}, True, {"can_send_polls"}),
        (
            {"can_send_other_messages": True},
            False,
            {"can_send_other_messages", "can_send_messages", *MEDIA_PERMISSIONS},
        ),
        (
            {"can_add_web_page_previews": True},
            False,
            {"can_add_web_page_previews", "can_send_messages", *MEDIA_PERMISSIONS},
        ),
        ({"can_send_other_messages": True}, True, {"can_send_other_messages"}),
    ],
)
def test_missing_fields_are_false_or_follow_others(
    given: dict[str, object], implied: set[str], *, independent: bool
) -> None:
    """Unless independent, previews, other messages and polls imply what they need."""
    assert read_permissions(given, independent=independent) == implied

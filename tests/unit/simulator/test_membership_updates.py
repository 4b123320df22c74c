"""chat_member, my_chat_member and service messages."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from tests.unit.simulator.scene import Scene, inside, statuses

from gmbot.simulator import Knobs, NotAllowed
from gmbot.simulator.rights import ALL_RIGHTS, PERMISSIONS


def test_a_channel_tells_its_admin_bot_who_subscribes_and_who_leaves(scene: Scene) -> None:
    """Channels send chat_member too, from the subscriber, and no service message."""
    scene.world.subscribe(scene.ann, scene.channel)
    scene.world.unsubscribe(scene.ann, scene.channel)
    assert scene.kinds() == ["chat_member", "chat_member"]
    first, second = scene.updates()
    assert (statuses(first), statuses(second)) == (("left", "member"), ("member", "left"))
    assert inside(first, "from", "id") == scene.ann
    assert inside(first, "chat", "id") == scene.channel


def test_a_bot_that_is_no_administrator_hears_nothing_of_members(scene: Scene) -> None:
    """chat_member needs the bot to be admin; service messages do not."""
    scene.world.demote(scene.group, scene.bot, scene.owner)
    scene.forget()
    scene.world.join(scene.ann, scene.group)
    assert scene.kinds() == ["message"]


def test_chat_member_needs_to_be_asked_for(scene: Scene) -> None:
    """It is not among the default kinds."""
    scene.world.bots[scene.bot].mailbox.allow([])
    scene.world.subscribe(scene.ann, scene.channel)
    assert scene.updates() == []


def test_the_bots_own_calls_echo_with_itself_as_from(scene: Scene) -> None:
    """It hears of its own mute."""
    scene.mute(scene.joined())
    (update,) = scene.updates("chat_member")
    assert inside(update, "from", "id") == scene.bot
    assert statuses(update) == ("member", "restricted")


def test_a_muted_user_who_leaves_and_rejoins_stays_muted(scene: Scene) -> None:
    """restricted(is_member:false), then restricted(is_member:true)."""
    scene.mute(scene.joined())
    scene.forget()
    scene.world.leave(scene.ann, scene.group)
    scene.world.join(scene.ann, scene.group)
    left, back = scene.updates("chat_member")
    assert statuses(left) == statuses(back) == ("restricted", "restricted")
    assert inside(left, "new_chat_member", "is_member") is False
    assert inside(back, "new_chat_member", "is_member") is True
    assert not scene.world.can_speak(scene.ann, scene.group)


def test_promotions_and_permission_edits_are_chat_member_too(scene: Scene) -> None:
    """It is not "join or leave"."""
    scene.world.promote(scene.group, scene.joined(), scene.owner, {"can_pin_messages"})
    scene.world.demote(scene.group, scene.ann, scene.owner)
    assert [statuses(update) for update in scene.updates()] == [
        ("member", "administrator"),
        ("administrator", "member"),
    ]


def test_changes_to_the_bot_itself_are_my_chat_member(scene: Scene) -> None:
    """An edit of its rights goes from administrator to administrator."""
    scene.world.promote(scene.group, scene.bot, scene.owner, ALL_RIGHTS - {"can_restrict_members"})
    scene.world.demote(scene.group, scene.bot, scene.owner)
    scene.world.ban(scene.group, scene.bot, scene.owner)
    assert scene.kinds() == ["my_chat_member"] * 3
    assert [statuses(update) for update in scene.updates()] == [
        ("administrator", "administrator"),
        ("administrator", "member"),
        ("member", "kicked"),
    ]


def test_being_added_is_my_chat_member_and_a_service_message(scene: Scene) -> None:
    """From whoever added it."""
    group = scene.world.create_supergroup(scene.owner, "Second")
    scene.world.add_bot_to_chat(group, scene.bot, scene.owner, rights=None)
    assert scene.kinds() == ["my_chat_member", "message"]
    update, message = scene.updates()
    assert statuses(update) == ("left", "member")
    assert inside(message, "from", "id") == scene.owner


def test_another_admin_bot_hears_of_a_bot_that_comes(scene: Scene) -> None:
    """To it, a bot is a member like others."""
    other = scene.world.add_bot("43:x", "other_bot")
    scene.world.add_bot_to_chat(scene.group, other, scene.owner)
    assert scene.kinds() == ["chat_member", "message"]


def test_joins_and_leaves_leave_service_messages(scene: Scene) -> None:
    """After their chat_member."""
    scene.world.join(scene.ann, scene.group)
    scene.world.leave(scene.ann, scene.group)
    assert scene.kinds() == ["chat_member", "message", "chat_member", "message"]
    came, went = scene.updates("message")
    assert isinstance(came["new_chat_members"], list)
    assert came["new_chat_members"][0]["id"] == scene.ann
    assert inside(went, "left_chat_member", "id") == scene.ann


def test_a_removal_by_the_bot_shows_it_the_service_message(scene: Scene) -> None:
    """Although the message counts as the bot's own."""
    scene.call("banChatMember", chat_id=scene.group, user_id=scene.joined())
    (message,) = scene.updates("message")
    assert inside(message, "from", "id") == scene.bot
    assert inside(message, "left_chat_member", "id") == scene.ann


def test_hidden_members_leave_no_service_messages() -> None:
    """chat_member still comes."""
    scene = Scene(hidden=True)
    scene.world.join(scene.ann, scene.group)
    assert scene.kinds() == ["chat_member"]


@pytest.mark.parametrize("everywhere", [True, False])
def test_service_messages_can_be_switched_off(*, everywhere: bool) -> None:
    """As large groups do: in the whole world or in one chat."""
    scene = Scene(Knobs(service_messages=not everywhere))
    scene.world.place(scene.group).service_messages = everywhere
    scene.world.join(scene.ann, scene.group)
    assert scene.kinds() == ["chat_member"]


def test_somebody_added_by_a_member_comes_from_that_member(scene: Scene) -> None:
    """In both kinds of update."""
    ben = scene.world.add_user("Ben")
    scene.world.add_member(scene.group, ben, scene.joined())
    update, message = scene.updates()
    assert inside(update, "from", "id") == inside(message, "from", "id") == scene.ann


def test_a_kick_leaves_the_door_open(scene: Scene) -> None:
    """The kicked person may come back at once."""
    scene.world.kick(scene.group, scene.joined(), scene.owner)
    assert statuses(scene.updates("chat_member")[0]) == ("member", "left")
    scene.world.join(scene.ann, scene.group)


def test_bans_end_with_their_date(scene: Scene) -> None:
    """Without an update; until then there is no way in."""
    until = int(scene.clock.now()) + 600
    scene.world.ban(scene.group, scene.joined(), scene.owner, until_date=until)
    with pytest.raises(NotAllowed):
        scene.world.join(scene.ann, scene.group)
    scene.clock.set(until)
    scene.world.join(scene.ann, scene.group)
    assert scene.world.member(scene.group, scene.ann).status == "member"


def test_joining_and_leaving_twice_tells_once(scene: Scene) -> None:
    """Nothing changed the second time."""
    for action in (scene.world.join, scene.world.join, scene.world.leave, scene.world.leave):
        action(scene.ann, scene.group)
    assert len(scene.updates("chat_member")) == 2


def test_a_persons_partial_restriction_shows_what_is_left(scene: Scene) -> None:
    """Permissions not taken are true in the update."""
    scene.world.mute(scene.group, scene.joined(), scene.owner, permissions={"can_send_messages"})
    (update,) = scene.updates()
    shown = update["new_chat_member"]
    assert isinstance(shown, dict)
    assert {name for name in PERMISSIONS if shown[name]} == {"can_send_messages"}


def test_people_need_rights_too(scene: Scene) -> None:
    """A member moderates nobody, nobody touches the owner, and only supergroups restrict."""
    ben = scene.world.add_user("Ben")
    adam = scene.world.add_user("Adam")
    scene.world.promote(scene.group, adam, scene.owner)
    basic = scene.world.create_group(scene.owner, "Small")
    forbidden: list[Callable[[], object]] = [
        lambda: scene.world.mute(scene.group, ben, scene.ann),
        lambda: scene.world.ban(scene.group, scene.owner, adam),
        lambda: scene.world.mute(scene.group, adam, scene.owner),
        lambda: scene.world.mute(basic, ben, scene.owner),
        lambda: scene.world.add_member(scene.group, ben, scene.ann),
        lambda: scene.world.leave(scene.owner, scene.group),
        lambda: scene.world.member(-1, ben),
        lambda: scene.world.person(5),
    ]
    for attempt in forbidden:
        with pytest.raises(NotAllowed):
            attempt()


def test_unmute_and_unban_by_people(scene: Scene) -> None:
    """The owner takes back what the owner did."""
    scene.world.mute(scene.group, scene.joined(), scene.owner)
    scene.world.unmute(scene.group, scene.ann, scene.owner)
    assert scene.world.can_speak(scene.ann, scene.group)
    scene.world.unban(scene.group, scene.ann, scene.owner)
    assert scene.world.member(scene.group, scene.ann).status == "member"

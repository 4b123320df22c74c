"""/settings: each choice, what it changes, and who may choose."""

from __future__ import annotations

import pytest
from tests.e2e.gate.dialogue import another_channel, ask, group_admin, group_of, now_reads, replies, tapped
from tests.fixtures.stage import Stage

from gmbot.domain.group import ChannelSenders
from gmbot.simulator.chats import Message
from gmbot.simulator.faults import Fault, FaultKind


async def opened(stage: Stage) -> Message:
    """Return the settings as /settings shows them to the owner."""
    (shown,) = await replies(stage, stage.owner, "/settings")
    return shown


async def choose(stage: Stage, choice: str, times: int = 1) -> Message:
    """Have the owner open the settings and tap one of them."""
    shown = await opened(stage)
    for _ in range(times):
        assert await tapped(stage, stage.owner, shown, f"set:{choice}") == "Done."
    return shown


def buttons(stage: Stage, shown: Message) -> list[str]:
    """Return what the settings' buttons read now."""
    current = stage.world.message(stage.group, shown.id)
    return [str(button["text"]) for button in current.buttons] if current else []


async def test_every_setting_is_shown_with_its_value(guarded: Stage) -> None:
    """One look tells how strict GMBot is."""
    shown = await opened(guarded)
    assert "Required here: News & more." in shown.text
    assert buttons(guarded, shown) == [
        "Required: every channel",
        "Delete their messages: yes",
        "Tell them what to join: yes",
        "Writing as a channel: linked channel only",
        "Approve subscribers' requests to join: no",
    ]


async def test_a_tap_shows_the_new_value_in_place(guarded: Stage) -> None:
    """Admins see what they chose."""
    shown = await choose(guarded, "delete_messages")
    assert "Delete their messages: no" in buttons(guarded, shown)


async def test_any_channel_instead_of_every_channel_frees_who_has_one(guarded: Stage) -> None:
    """The rule is applied to those who are held already."""
    another_channel(guarded, "Second", "second_one")
    await ask(guarded, guarded.owner, "/protect @second_one")
    half = guarded.person("Hal", subscribed=True)
    await guarded.rest()
    assert guarded.muted(half)
    shown = await choose(guarded, "quorum")
    assert "Required: any one channel" in buttons(guarded, shown)
    assert "one of News & more, Second" in now_reads(guarded, shown)
    assert not guarded.muted(half)


async def test_the_quorum_goes_back_to_every_channel(guarded: Stage) -> None:
    """A tap too many is mended by another."""
    shown = await choose(guarded, "quorum", times=2)
    assert "Required: every channel" in buttons(guarded, shown)


async def test_messages_stay_when_deleting_is_off(guarded: Stage) -> None:
    """Their author is held all the same."""
    await choose(guarded, "delete_messages")
    early = guarded.world.add_user("Eve")
    guarded.world.bots[guarded.bot_id].mailbox.clear()
    guarded.world.join(early, guarded.group)
    guarded.world.bots[guarded.bot_id].mailbox.clear()
    message = guarded.world.say(early, guarded.group, "hello")
    await guarded.rest()
    assert guarded.muted(early)
    assert guarded.world.message(guarded.group, message.id) is not None


async def test_nobody_is_told_when_prompts_are_off(guarded: Stage) -> None:
    """They are held without a word."""
    await choose(guarded, "prompts")
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert guarded.muted(stranger)
    assert guarded.prompts() == []


async def test_switching_prompts_on_tells_who_was_held_meanwhile(guarded: Stage) -> None:
    """Nobody waits for somebody else's trouble to hear of their own."""
    await choose(guarded, "prompts")
    guarded.person("Sam")
    await guarded.rest()
    await choose(guarded, "prompts")
    assert ["Sam" in prompt.text for prompt in guarded.prompts()] == [True]


async def as_a_channel(stage: Stage) -> Message:
    """Have somebody write in the group as a channel of their own."""
    writer = stage.person("Will", subscribed=True)
    own = stage.world.create_channel(writer, "Will's thoughts", username="wills_thoughts")
    message = stage.world.say(writer, stage.group, "hello", sender_chat=own)
    await stage.rest()
    return message


@pytest.mark.parametrize(
    ("taps", "policy", "stays", "banned"),
    [
        (0, ChannelSenders.LINKED_ONLY, False, False),
        (1, ChannelSenders.ALLOW_ALL, True, False),
        (2, ChannelSenders.BLOCK, False, True),
    ],
)
async def test_each_policy_for_writing_as_a_channel(
    guarded: Stage, taps: int, policy: ChannelSenders, *, stays: bool, banned: bool
) -> None:
    """Deleted, allowed, or deleted and the channel banned."""
    await choose(guarded, "channel_senders", taps)
    group = group_of(guarded)
    assert group is not None
    assert group.settings.channel_senders is policy
    message = await as_a_channel(guarded)
    assert (guarded.world.message(guarded.group, message.id) is not None) is stays
    assert bool(guarded.calls("banChatSenderChat")) is banned


async def test_settings_survive_a_restart(guarded: Stage) -> None:
    """They are stored, not remembered."""
    await choose(guarded, "prompts")
    await guarded.stop()
    await guarded.start()
    guarded.person("Sam")
    await guarded.rest()
    assert guarded.prompts() == []


async def test_another_admin_may_tap(guarded: Stage) -> None:
    """Settings belong to all admins."""
    admin = group_admin(guarded)
    shown = await opened(guarded)
    assert await tapped(guarded, admin, shown, "set:prompts") == "Done."


async def test_an_anonymous_admin_may_open_them(guarded: Stage) -> None:
    """Telegram vouches for them."""
    assert "Settings" in await ask(guarded, guarded.owner, "/settings", anonymous=True)


async def test_a_member_is_not_shown_them(guarded: Stage) -> None:
    """Only admins choose."""
    member = guarded.person("Mia", subscribed=True)
    assert await ask(guarded, member, "/settings") == "Only admins of this group can do that."


async def test_a_members_tap_changes_nothing(guarded: Stage) -> None:
    """The buttons are seen by everybody."""
    member = guarded.person("Mia", subscribed=True)
    shown = await opened(guarded)
    assert await tapped(guarded, member, shown, "set:prompts") == "Only admins of this group can do that."
    group = group_of(guarded)
    assert group is not None
    assert group.settings.prompts


async def test_a_held_persons_tap_changes_nothing(guarded: Stage) -> None:
    """Muted people can tap, too."""
    stranger = guarded.person("Sam")
    shown = await opened(guarded)
    assert await tapped(guarded, stranger, shown, "set:prompts") == "Only admins of this group can do that."


async def test_a_group_that_is_not_guarded_has_none(stage: Stage) -> None:
    """The answer says how to guard it."""
    assert "This group is not guarded." in await ask(stage, stage.owner, "/settings")


async def test_a_button_from_before_the_end_is_stale(guarded: Stage) -> None:
    """After /unprotect there is nothing to choose."""
    shown = await opened(guarded)
    (asked,) = await replies(guarded, guarded.owner, "/unprotect")
    await tapped(guarded, guarded.owner, asked, f"unprotect:{guarded.owner}")
    answer = await tapped(guarded, guarded.owner, shown, "set:prompts")
    assert answer == "This button is no longer in use."
    assert group_of(guarded) is None


async def test_a_tap_while_telegram_fails_says_so(guarded: Stage) -> None:
    """And changes nothing."""
    shown = await opened(guarded)
    guarded.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="getChatMember"))
    answer = await tapped(guarded, guarded.owner, shown, "set:prompts")
    assert answer == "Telegram did not answer, so nothing was changed. Please try again in a minute."


async def test_settings_stay_open_for_five_minutes(guarded: Stage) -> None:
    """Longer than other chatter, since there is something to think about."""
    shown = await opened(guarded)
    await guarded.advance(290)
    assert guarded.world.message(guarded.group, shown.id) is not None
    await guarded.advance(15)
    assert guarded.world.message(guarded.group, shown.id) is None

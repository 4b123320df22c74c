"""An admin of the channel agrees, in private, before anybody learns who reads it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from tests.e2e.gate.dialogue import (
    ask,
    group_admin,
    leap,
    now_reads,
    replies,
    required,
    start_code,
    tapped,
    untouched,
)
from tests.fixtures.stage import Stage

from gmbot.domain.ids import ChannelId, GroupId
from gmbot.gate.confirmation import VALID_S, Request, seal
from gmbot.simulator.chats import Message


@dataclass(frozen=True)
class Asked:
    """A group admin who is nobody in the channel has asked for it."""

    stage: Stage
    asker: int
    code: str

    async def open(self, user: int, code: str | None = None) -> Message:
        """Have somebody open the link; returns what the bot shows them."""
        self.stage.world.start_private(user, self.stage.bot_id, self.code if code is None else code)
        await self.stage.rest()
        return self.stage.said(user)[-1]

    @property
    def agree(self) -> str:
        """The data of the button that agrees."""
        return f"ok:{self.code}"


@pytest.fixture
async def asked(stage: Stage) -> Asked:
    """Return the stage after /protect by a group admin who does not administer the channel."""
    asker = group_admin(stage)
    (answer,) = await replies(stage, asker, "/protect @news")
    return Asked(stage, asker, start_code(answer))


async def test_until_somebody_agrees_nothing_is_guarded(asked: Asked) -> None:
    """Asking alone changes nothing and tells nothing."""
    stage = asked.stage
    stranger = stage.person("Sam")
    await stage.rest()
    assert await untouched(stage)
    assert not stage.muted(stranger)
    assert "This group is not guarded" in await ask(stage, asked.asker, "/status")


async def test_until_somebody_agrees_nobody_is_asked_about(asked: Asked) -> None:
    """The asker learns nothing about anybody's subscription."""
    asked.stage.person("Sam")
    asked.stage.person("Mia", subscribed=True)
    await asked.stage.rest()
    assert asked.stage.calls("getChatMember", chat_id=asked.stage.channel) == []


async def test_the_link_can_be_found_as_long_as_it_is_valid(asked: Asked) -> None:
    """Whoever may agree is not in the group every minute; after a day the link goes."""
    await asked.stage.advance(90)
    assert "must agree" in asked.stage.said()[-1].text
    await leap(asked.stage, VALID_S)
    assert asked.stage.said() == []


async def test_an_admin_of_the_channel_is_asked_and_agrees(asked: Asked) -> None:
    """From then on the group is guarded, and both sides are told."""
    stage = asked.stage
    question = await asked.open(stage.owner)
    assert "The <Group> wants to let only subscribers of News & more write" in question.text
    assert await tapped(stage, stage.owner, question, asked.agree) == "Done."
    assert required(stage) == {stage.channel}
    thanks = now_reads(stage, question)
    assert thanks == "✅ Thank you. Only subscribers of News & more can write in The <Group> from now on."
    assert "News & more is required from now on" in stage.said()[-1].text


async def test_agreeing_twice_is_harmless(asked: Asked) -> None:
    """A double tap changes nothing more."""
    question = await asked.open(asked.stage.owner)
    asked.stage.tap(asked.stage.owner, question, asked.agree)
    asked.stage.tap(asked.stage.owner, question, asked.agree)
    await asked.stage.rest()
    assert required(asked.stage) == {asked.stage.channel}


async def test_refusing_changes_nothing(asked: Asked) -> None:
    """No is an answer."""
    question = await asked.open(asked.stage.owner)
    await tapped(asked.stage, asked.stage.owner, question, "refuse")
    assert now_reads(asked.stage, question) == "You refused. Nothing was changed."
    assert await untouched(asked.stage)


async def test_only_an_admin_of_the_channel_is_asked(asked: Asked) -> None:
    """The asker, or anybody else with the link, is shown no button."""
    shown = await asked.open(asked.asker)
    assert shown.text == "Only an admin of the channel can agree to this."
    assert shown.buttons == []


async def test_a_channel_that_the_bot_was_removed_from_cannot_be_confirmed(asked: Asked) -> None:
    """Nobody can be recognised as its admin any more."""
    asked.stage.world.kick(asked.stage.channel, asked.stage.bot_id, asked.stage.owner)
    shown = await asked.open(asked.stage.owner)
    assert "not valid any more" in shown.text
    assert await untouched(asked.stage)


async def test_two_admins_of_the_channel_may_agree_at_once(asked: Asked) -> None:
    """Whoever is second is thanked, too."""
    stage = asked.stage
    editor = stage.person("Ed", subscribed=True, joined=False)
    stage.world.promote(stage.channel, editor, stage.owner)
    questions = [(user, await asked.open(user)) for user in (stage.owner, editor)]
    for user, question in questions:
        stage.tap(user, question, asked.agree)
    await stage.rest()
    assert all(now_reads(stage, question).startswith("✅ Thank you.") for _, question in questions)
    assert required(stage) == {stage.channel}


async def test_who_is_no_admin_of_the_channel_any_more_cannot_agree(asked: Asked) -> None:
    """It is checked again at the tap."""
    stage = asked.stage
    editor = stage.person("Ed", subscribed=True)
    stage.world.promote(stage.channel, editor, stage.owner)
    question = await asked.open(editor)
    stage.world.demote(stage.channel, editor, stage.owner)
    await tapped(stage, editor, question, asked.agree)
    assert now_reads(stage, question) == "Only an admin of the channel can agree to this."
    assert await untouched(stage)


async def test_a_forged_code_is_refused(asked: Asked) -> None:
    """A code that was tampered with opens nothing."""
    forged = ("A" if asked.code[0] != "A" else "B") + asked.code[1:]
    shown = await asked.open(asked.stage.owner, forged)
    assert "not valid any more" in shown.text
    assert await untouched(asked.stage)


@pytest.mark.parametrize("code", ["x", "=" * 64, "ok", "ünïcödé", "0" * 48, "../../etc"])
async def test_nonsense_in_the_link_is_refused(asked: Asked, code: str) -> None:
    """Whatever stands behind ?start= gets an answer."""
    assert "not valid any more" in (await asked.open(asked.stage.owner, code)).text


async def test_another_bots_code_is_refused(asked: Asked) -> None:
    """Each bot signs with a key of its own."""
    stage = asked.stage
    until = int(stage.clock.now()) + VALID_S
    foreign = seal(Request(GroupId(stage.group), ChannelId(stage.channel), until), b"another bot's key")
    assert "not valid any more" in (await asked.open(stage.owner, foreign)).text


async def test_a_code_expires_after_a_day(asked: Asked) -> None:
    """A link that lies about does not work for ever."""
    await leap(asked.stage, VALID_S)
    shown = await asked.open(asked.stage.owner)
    assert shown.text == "This link is not valid any more. Type /protect in the group again for a new one."


async def test_a_question_left_open_expires_too(asked: Asked) -> None:
    """The tap is checked, not only the link."""
    question = await asked.open(asked.stage.owner)
    await leap(asked.stage, VALID_S)
    await tapped(asked.stage, asked.stage.owner, question, asked.agree)
    assert "not valid any more" in now_reads(asked.stage, question)
    assert await untouched(asked.stage)


async def test_what_is_confirmed_is_checked_again(asked: Asked) -> None:
    """The bot may have lost its place in the group since."""
    stage = asked.stage
    question = await asked.open(stage.owner)
    stage.world.demote(stage.group, stage.bot_id, stage.owner)
    await stage.rest()
    await tapped(stage, stage.owner, question, asked.agree)
    assert now_reads(stage, question).startswith("In The <Group>: I am not an admin here.")
    assert await untouched(stage)


async def test_an_old_link_does_not_bring_back_what_was_ended(asked: Asked) -> None:
    """After /unprotect the group's admins have to ask anew."""
    stage = asked.stage
    question = await asked.open(stage.owner)
    await tapped(stage, stage.owner, question, asked.agree)
    (confirm,) = await replies(stage, asked.asker, "/unprotect")
    await tapped(stage, asked.asker, confirm, f"unprotect:{asked.asker}")
    assert "not valid any more" in (await asked.open(stage.owner)).text
    assert required(stage) == set()


async def test_a_second_confirmed_channel_is_added(asked: Asked) -> None:
    """Agreement for one channel leaves what was required before."""
    stage = asked.stage
    other = stage.world.create_channel(asked.asker, "Ada's own", username="adas_own")
    stage.world.add_bot_to_chat(other, stage.bot_id, asked.asker)
    await ask(stage, asked.asker, "/protect @adas_own")
    question = await asked.open(stage.owner)
    await tapped(stage, stage.owner, question, asked.agree)
    assert required(stage) == {stage.channel, other}


async def test_the_one_who_protected_owns_the_group_even_if_another_agreed(asked: Asked) -> None:
    """An admin of the channel who is nobody in the group does not become the group's owner."""
    stage = asked.stage
    editor = stage.person("Ed", subscribed=True, joined=False)
    stage.world.promote(stage.channel, editor, stage.owner)
    question = await asked.open(editor)
    await tapped(stage, editor, question, asked.agree)
    assert stage.work is not None
    group = stage.work.bot.guarded.group(stage.group)
    assert group is not None
    assert group.owner_id == stage.owner

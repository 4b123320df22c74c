"""Talking with the bot on a stage, and reading what it keeps."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from tests.fixtures.stage import BOT_RIGHTS, CHANNEL_RIGHTS, PATIENCE_S, Stage

from gmbot.domain.group import Group
from gmbot.domain.ids import GroupId
from gmbot.simulator.chats import Message


async def replies(
    stage: Stage,
    user: int,
    text: str,
    chat: int | None = None,
    *,
    reply_to: int | None = None,
    anonymous: bool = False,
    thread_id: int | None = None,
) -> list[Message]:
    """Have somebody write in a chat (the group, or the bot's id for private); return the bot's answers."""
    await stage.rest()
    there = stage.group if chat is None else chat
    place = user if there == stage.bot_id else there
    known = {message.id for message in stage.said(place)}
    stage.world.say(user, there, text, reply_to=reply_to, anonymous=anonymous, thread_id=thread_id)
    await stage.rest()
    return [message for message in stage.said(place) if message.id not in known]


async def ask(stage: Stage, user: int, text: str, chat: int | None = None, *, anonymous: bool = False) -> str:
    """Have somebody write, and return the text of the bot's one answer, empty if it says nothing."""
    answers = await replies(stage, user, text, chat, anonymous=anonymous)
    assert len(answers) <= 1
    return answers[0].text if answers else ""


async def tapped(stage: Stage, user: int, message: Message, data: str) -> str | None:
    """Have somebody tap a button, and return what the tap was answered."""
    query = stage.tap(user, message, data)
    await stage.rest()
    return stage.answer(query)


def now_reads(stage: Stage, message: Message) -> str:
    """Return a message's text as it stands now, empty when it is gone."""
    current = stage.world.message(message.chat_id, message.id)
    return current.text if current else ""


def start_code(message: Message) -> str:
    """Return the code in the link of a message's only button that opens the bot."""
    (url,) = [str(button["url"]) for button in message.buttons if "?start=" in str(button.get("url"))]
    return url.partition("?start=")[2]


def group_of(stage: Stage) -> Group | None:
    """Return what GMBot guards in the stage's group."""
    assert stage.work is not None
    return stage.work.bot.guarded.group(stage.group)


def required(stage: Stage) -> set[int]:
    """Return the channels that the group requires."""
    group = group_of(stage)
    return set(group.rule.channels) if group else set()


async def untouched(stage: Stage) -> bool:
    """Whether nothing was written about the group and no invite link was made."""
    assert stage.work is not None
    store = stage.work.bot.store
    written = [*await store.groups(), *await store.channels(), *await store.audit(GroupId(stage.group), 9)]
    return not written and not stage.calls("createChatInviteLink")


def group_admin(stage: Stage, name: str = "Ada") -> int:
    """Return a new admin of the group who is nobody in the channel."""
    admin = stage.person(name)
    stage.world.promote(stage.group, admin, stage.owner)
    return admin


def another_channel(
    stage: Stage, title: str, username: str | None = None, *, owner: int | None = None
) -> int:
    """Return a further channel in which the bot is an admin; without a username it is private."""
    founder = stage.owner if owner is None else owner
    channel = stage.world.create_channel(founder, title, username=username)
    stage.world.add_bot_to_chat(channel, stage.bot_id, founder, rights=CHANNEL_RIGHTS)
    return channel


def another_group(stage: Stage, title: str) -> int:
    """Return a further supergroup in which the bot may do its work."""
    group = stage.world.create_supergroup(stage.owner, title)
    stage.world.add_bot_to_chat(group, stage.bot_id, stage.owner, rights=BOT_RIGHTS)
    return group


async def leap(stage: Stage, seconds: float) -> None:
    """Let a long time pass in one go; polls that time out on the way are begun again."""
    stage.clock.set(stage.clock.now() + seconds)
    await stage.advance(10)


async def until(condition: Callable[[], bool]) -> None:
    """Return once a condition holds, in real time. Raises TimeoutError if it never does."""
    ends = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > ends:
            raise TimeoutError("the condition never held")
        await asyncio.sleep(0.005)

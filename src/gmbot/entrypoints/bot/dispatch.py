"""Each update to what concerns it; returns once everything that must not be lost is stored."""

from __future__ import annotations

import time

from gmbot.domain.errors import GMBotError, RefusedError, TransientError
from gmbot.entrypoints.bot import admin_texts
from gmbot.entrypoints.bot.commands import addressed, run_command
from gmbot.entrypoints.bot.replies import CHATTER_S
from gmbot.entrypoints.bot.taps import Answer, run_tap
from gmbot.entrypoints.bot.texts import TRY_AGAIN
from gmbot.gate.about import About, Concerning, about
from gmbot.gate.bot import Bot
from gmbot.gate.changes import Changes
from gmbot.gate.events import IntentFailed, UpdateHandled
from gmbot.gate.follow_bot import Arrival, follow_bot
from gmbot.gate.follow_member import follow_member
from gmbot.gate.follow_migration import follow_migration
from gmbot.gate.incoming import (
    BotChanged,
    ButtonTapped,
    Chat,
    ChatKind,
    Ignored,
    Incoming,
    JoinAsked,
    MemberChanged,
    MessageSeen,
    Unreadable,
)
from gmbot.gate.intents import Say
from gmbot.gate.join_requests import hear_request
from gmbot.gate.judge_message import judge_message
from gmbot.gate.outgoing import Address
from gmbot.gate.perform import MESSAGE_AGE_S
from gmbot.gate.set_aside import LastResort
from gmbot.resilience.under_way import UnderWay
from gmbot.resilience.workers import TaskPool


class Dispatcher:
    """One bot's updates. `background` finds and sends the answers to taps, which need not be stored."""

    def __init__(self, bot: Bot, background: TaskPool) -> None:
        self._bot = bot
        self._background = background
        self.under_way = UnderWay(bot.clock.now)
        self._last_resort = LastResort(bot)

    async def handle(self, incoming: Incoming) -> None:
        """Deal with one update. Raises TransientError if it could not be stored: it must come again."""
        number = self.under_way.begin()
        try:
            with Concerning(self._about(incoming)), self._bot.trace("update"):
                await self._told(incoming)
        finally:
            self.under_way.end(number)

    async def _told(self, incoming: Incoming) -> None:
        started = time.perf_counter()
        outcome = "failed"
        try:
            outcome = await self._last_resort.attempt(incoming, _kind(incoming), self._handle)
        finally:
            self._report(incoming, outcome, started)

    async def _handle(self, incoming: Incoming) -> str:
        match incoming:
            case MessageSeen():
                return await self._message(incoming)
            case MemberChanged():
                return "stored" if await follow_member(self._bot, incoming) else "ignored"
            case BotChanged():
                return await self._bot_changed(incoming)
            case ButtonTapped():
                return await self._tap(incoming)
            case JoinAsked():
                return "stored" if await hear_request(self._bot, incoming) else "ignored"
            case Ignored():
                return "ignored"
            case Unreadable():
                return await self._last_resort.unreadable(incoming)

    async def _message(self, message: MessageSeen) -> str:
        bot = self._bot
        if (message.migrated_to or message.migrated_from) and await follow_migration(bot, message):
            return "stored"
        late = bot.telegram.now() - message.at > MESSAGE_AGE_S
        # Whoever typed it that long ago does not wait for the answer any more.
        command = None if late else addressed(bot, message)
        group = bot.guarded.group(message.chat.chat_id)
        if group is not None and not await judge_message(bot, group, message, ask=command is not None):
            return "stored"
        if command is None:
            return "passed"
        await run_command(bot, message, command)
        return "stored"

    async def _bot_changed(self, change: BotChanged) -> str:
        arrival = await follow_bot(self._bot, change)
        if arrival is Arrival.NOTHING_TO_SAY:
            return "stored"
        note = admin_texts.added(self._bot.me.username, arrival)
        say = Say(str(change.update_id), Address(change.chat.chat_id), note, CHATTER_S)
        owed = (self._bot.ledger.owe(say),)
        await self._bot.ledger.write(Changes(update_id=change.update_id, owed=owed))
        return "stored"

    async def _tap(self, tap: ButtonTapped) -> str:
        try:
            answer = await run_tap(self._bot, tap)
        except (TransientError, RefusedError):
            await self._bot.ledger.write(Changes(update_id=tap.update_id))
            answer = _try_again
        chat_id = tap.chat.chat_id if tap.chat else None
        self._background.spawn(lambda: self._answer(tap, answer), chat_id)
        return "stored"

    async def _answer(self, tap: ButtonTapped, answer: Answer) -> None:
        """An answer that cannot be given is not worth repeating: Telegram forgets taps within seconds."""
        try:
            text = await answer()
            about = tap.chat.chat_id if tap.chat else None
            await self._bot.telegram.answer(tap.callback_id, text, alert=len(text) > 60, about=about)
        except GMBotError as error:
            cause = type(error).__name__
            self._bot.emit(IntentFailed("Answer", cause, 1, None, None, tap.person.user_id))

    def _about(self, incoming: Incoming) -> About:
        chat, user_id = _chat_of(incoming), _person_of(incoming)
        in_channel = chat is not None and chat.kind is ChatKind.CHANNEL
        return About(
            bot_id=self._bot.me.bot_id,
            update_id=incoming.update_id,
            user_id=user_id,
            group_id=None if chat is None or in_channel else chat.chat_id,
            channel_id=chat.chat_id if chat is not None and in_channel else None,
            arrived=about().arrived,
        )

    def _report(self, incoming: Incoming, outcome: str, started: float) -> None:
        seconds = time.perf_counter() - started
        here = about()
        self._bot.emit(
            UpdateHandled(
                bot_id=self._bot.me.bot_id,
                update_id=incoming.update_id,
                kind=_kind(incoming),
                outcome=outcome,
                seconds=seconds,
                group_id=here.group_id,
                user_id=here.user_id,
                lag_s=_lag_s(incoming, self._bot.telegram.now() - seconds),
                channel_id=here.channel_id,
                waited_s=None if here.arrived is None else max(0.0, started - here.arrived),
            )
        )


async def _try_again() -> str:
    return TRY_AGAIN.text


def _lag_s(incoming: Incoming, now: float) -> float | None:
    match incoming:
        case MessageSeen(at=at) | MemberChanged(at=at) | BotChanged(at=at) | JoinAsked(at=at):
            return max(0.0, now - at)
        case ButtonTapped() | Ignored() | Unreadable():
            return None


def _kind(incoming: Incoming) -> str:
    match incoming:
        case MessageSeen(edited=edited):
            return "edited_message" if edited else "message"
        case MemberChanged():
            return "chat_member"
        case BotChanged():
            return "my_chat_member"
        case ButtonTapped():
            return "callback_query"
        case JoinAsked():
            return "chat_join_request"
        case Ignored():
            return "other"
        case Unreadable(kind=kind):
            return kind


def _chat_of(incoming: Incoming) -> Chat | None:
    return None if isinstance(incoming, Ignored | Unreadable) else incoming.chat


def _person_of(incoming: Incoming) -> int | None:
    match incoming:
        case MessageSeen(sender=sender):
            return sender.user_id if sender else None
        case MemberChanged(person=person) | ButtonTapped(person=person) | JoinAsked(person=person):
            return person.user_id
        case BotChanged(actor=actor):
            return actor.user_id
        case Ignored() | Unreadable():
            return None

"""What people do with bots: open them, stop them, press their buttons, read what they wrote."""

from __future__ import annotations

from gmbot.simulator.chats import Chat, Message
from gmbot.simulator.errors import NotAllowed
from gmbot.simulator.ground import CallbackQuery
from gmbot.simulator.members import Member, Wire
from gmbot.simulator.talking import Extras, Talking


class Tapping(Talking):
    """A person in front of a bot."""

    def start_private(self, user: int, bot: int, payload: str | None = None) -> Message:
        """Open a bot by t.me/bot?start=payload and press Start, which also unblocks it."""
        chat = self.dialogue_with(user, bot)
        if chat.blocked:
            self._set_blocked(user, bot, blocked=False)
        text = "/start" if payload is None else f"/start {payload}"
        return self.say_in_private(user, bot, text, Extras())

    def block(self, user: int, bot: int) -> None:
        """Stop the bot: it can no longer write to that user."""
        if not self.dialogue_with(user, bot).blocked:
            self._set_blocked(user, bot, blocked=True)

    def tap(self, user: int, chat: int, message_id: int, callback_data: str) -> str:
        """Press a button of a bot's message; the callback query's id. In private, `chat` is the bot's id."""
        place = self.where(user, chat)
        return self._press(place, self.existing(place, message_id), user, callback_data)

    def tap_whisper(self, user: int, chat: int, ephemeral_message_id: int, callback_data: str) -> str:
        """Press a button of an ephemeral message that this person sees; the callback query's id."""
        place = self.place(chat)
        message = place.whispers.get((user, ephemeral_message_id))
        if message is None:
            raise NotAllowed(f"{user} sees no ephemeral message {ephemeral_message_id}")
        return self._press(place, message, user, callback_data)

    def whispers(self, user: int, chat: int) -> list[Message]:
        """The ephemeral messages that this person sees there, oldest first."""
        found = self.place(chat).whispers
        return [message for (receiver, _), message in found.items() if receiver == user]

    def callback(self, query_id: str) -> CallbackQuery:
        """A tap and its answer: `text`, `show_alert`, `url`, `answered_at`."""
        return self.callbacks[query_id]

    def messages(self, chat: int, *, bot: int | None = None) -> list[Message]:
        """A chat's messages, oldest first; for a private chat the user's id, and whose bot if several."""
        return list(self._history(chat, bot).values())

    def message(self, chat: int, message_id: int, *, bot: int | None = None) -> Message | None:
        """A message as it stands, or None when it is deleted."""
        return self._history(chat, bot).get(message_id)

    def dialogue(self, user: int, bot: int) -> list[Message]:
        """What a user and a bot wrote to each other, oldest first."""
        return list(self.dialogue_with(user, bot).history.values())

    def _set_blocked(self, user: int, bot: int, *, blocked: bool) -> None:
        chat = self.dialogue_with(user, bot)
        chat.blocked = blocked
        stopped, running = Member(status="kicked"), Member(status="member")
        old, new = (running, stopped) if blocked else (stopped, running)
        wire: Wire = {
            "chat": chat.wire,
            "from": self.user_wire(user),
            "date": int(self.now()),
            "old_chat_member": self.member_object(chat, bot, old, bot),
            "new_chat_member": self.member_object(chat, bot, new, bot),
        }
        self.emit(bot, "my_chat_member", wire)

    def _press(self, place: Chat, message: Message, user: int, callback_data: str) -> str:
        if not any(button.get("callback_data") == callback_data for button in message.buttons):
            raise NotAllowed(f"there is no button {callback_data!r}")
        if message.author not in self.bots:
            raise NotAllowed("no bot wrote that message")
        query = CallbackQuery(
            id=str(self.serial("callback", 4_000_000_000_000_001)),
            user=user,
            bot=message.author,
            chat_id=place.id,
            message_id=message.id,
            data=callback_data,
            at=self.now(),
        )
        self._remember(query)
        self.emit(message.author, "callback_query", self._query_wire(place, message, query))
        return query.id

    def _query_wire(self, chat: Chat, message: Message, query: CallbackQuery) -> Wire:
        return {
            "id": query.id,
            "from": self.user_wire(query.user),
            "message": message.wire,
            "chat_instance": str(chat.id * 31 + query.bot),
            "data": query.data,
        }

    def _remember(self, query: CallbackQuery) -> None:
        self.callbacks[query.id] = query
        if len(self.callbacks) > self.knobs.callbacks_kept:
            self.callbacks.popitem(last=False)

    def _history(self, chat: int, bot: int | None) -> dict[int, Message]:
        if chat in self.chats:
            return self.chats[chat].history
        found = [
            place.history
            for (owner, user), place in self.dialogues.items()
            if user == chat and place.history and bot in (None, owner)
        ]
        if len(found) > 1:
            raise NotAllowed(f"{chat} talks to several bots: say which")
        return found[0] if found else {}

"""What people write, post, edit and delete."""

from __future__ import annotations

import msgspec

from gmbot.simulator.chats import Chat, Message
from gmbot.simulator.entities import find_entities
from gmbot.simulator.errors import NotAllowed
from gmbot.simulator.joining import Joining
from gmbot.simulator.members import Wire
from gmbot.simulator.people import ANONYMOUS_ADMIN, CHANNEL_SENDER, TELEGRAM
from gmbot.simulator.speech import speaking_refusal

GENERAL_TOPIC = 1


class Extras(msgspec.Struct, frozen=True, kw_only=True):
    """What a message may carry besides its text."""

    reply_to: int | None = None
    thread_id: int | None = None
    media_group_id: str | None = None
    photo: bool = False
    forward_from_channel: int | None = None
    forward_message_id: int = 1
    via_bot: int | None = None
    content: Wire | None = None


class Talking(Joining):
    """Conversation."""

    def can_speak(self, user: int, chat: int) -> bool:
        """Whether a text message of that person would be accepted there now."""
        return speaking_refusal(self, self.place(chat), user) is None

    def say(
        self,
        user: int,
        chat: int,
        text: str = "hello",
        *,
        sender_chat: int | None = None,
        anonymous: bool = False,
        reply_to: int | None = None,
        thread_id: int | None = None,
        media_group_id: str | None = None,
        photo: bool = False,
        forward_from_channel: int | None = None,
        via_bot: int | None = None,
        content: Wire | None = None,
    ) -> Message:
        """Write in a group, or to a bot in private when `chat` is the bot's id.

        `photo` makes the text a caption; `content` (fields of Message: a sticker, a dice) replaces it.
        Raises NotAllowed when that person cannot speak there.
        """
        extras = Extras(
            reply_to=reply_to,
            thread_id=thread_id,
            media_group_id=media_group_id,
            photo=photo,
            forward_from_channel=forward_from_channel,
            via_bot=via_bot,
            content=content,
        )
        if chat in self.bots:
            return self.say_in_private(user, chat, text, extras)
        place = self.place(chat)
        self._require_voice(place, user, "can_send_photos" if photo else "can_send_messages")
        sender = self._sender(place, user, sender_chat, anonymous=anonymous)
        return self.publish(place, user, self._compose(place, sender, text, extras))

    def post(
        self, channel: int, text: str = "news", *, by: int | None = None, media_group_id: str | None = None
    ) -> Message:
        """Post in a channel, as its owner unless said; the discussion group gets it forwarded."""
        place = self.place(channel)
        author = self.owner_of(place) if by is None else by
        if not place.is_channel:
            raise NotAllowed("only channels have posts")
        self._require_voice(place, author, "can_send_messages")
        extras = Extras(media_group_id=media_group_id, photo=media_group_id is not None)
        wire = self._compose(place, {"sender_chat": place.wire}, text, extras)
        return self.publish_post(place, author, wire)

    def publish_post(self, channel: Chat, author: int, wire: Wire) -> Message:
        """Publish a channel post, and its automatic forward in the linked group."""
        message = self.publish(channel, author, wire)
        if channel.linked is not None:
            self._forward_automatically(channel, self.place(channel.linked), message)
        return message

    def edit(self, user: int, chat: int, message_id: int, text: str) -> Message:
        """Change one's own message."""
        place = self.where(user, chat)
        old = self.existing(place, message_id)
        if old.author != user:
            raise NotAllowed("only one's own messages can be edited")
        wire = dict(old.wire, edit_date=int(self.now()))
        kind = "caption" if "photo" in wire else "text"
        wire.update(_texts(text, kind))
        return self.rewrite(place, old, wire)

    def rewrite(self, chat: Chat, old: Message, wire: Wire, *, besides: int | None = None) -> Message:
        """Replace a message's content and tell the bots that can read the chat."""
        new = msgspec.structs.replace(old, wire=wire)
        chat.history[old.id] = new
        self.deliver(chat, wire, edited=True, besides=besides)
        return new

    def delete(self, user: int, chat: int, message_id: int) -> None:
        """Delete a message in the app; no update tells of it."""
        place = self.where(user, chat)
        message = self.existing(place, message_id)
        may = place.is_private or self.standing(place, user).may("can_delete_messages")
        if message.author != user and not may:
            raise NotAllowed("only one's own messages can be deleted")
        del place.history[message_id]

    def owner_of(self, chat: Chat) -> int:
        """The chat's owner."""
        return next(person for person, member in chat.members.items() if member.status == "creator")

    def threading(self, chat: Chat, reply_to: int | None, thread_id: int | None) -> Wire:
        """The fields that place a message in a topic or under another message.

        A topic's messages reply to the message that created it; General has no thread; in other
        supergroups a reply belongs to the thread of what it answers.
        """
        target = None if reply_to is None else self.existing(chat, reply_to)
        thread = thread_id if thread_id != GENERAL_TOPIC else None
        if thread is None and target is not None and chat.type == "supergroup":
            thread = target.thread_id if chat.forum else target.thread_id or target.id
        if target is None and thread is not None and chat.forum:
            target = chat.history.get(thread)
        fields: Wire = {}
        if thread is not None:
            fields["message_thread_id"] = thread
        if thread is not None and chat.forum:
            fields["is_topic_message"] = True
        if target is not None:
            fields["reply_to_message"] = without_reply(target.wire)
        return fields

    def _compose(self, chat: Chat, sender: Wire, text: str, extras: Extras) -> Wire:
        wire = self.new_message(chat, None, **sender)
        if extras.reply_to is not None or extras.thread_id is not None:
            wire.update(self.threading(chat, extras.reply_to, extras.thread_id))
        if extras.photo:
            wire["photo"] = self.photo_sizes()
        if extras.media_group_id is not None:
            wire["media_group_id"] = extras.media_group_id
        if extras.forward_from_channel is not None:
            origin = self.place(extras.forward_from_channel)
            wire["forward_origin"] = channel_origin(origin, extras.forward_message_id, int(self.now()))
        if extras.via_bot is not None:
            wire["via_bot"] = self.user_wire(extras.via_bot)
        wire.update(extras.content or _texts(text, "caption" if extras.photo else "text"))
        return wire

    def photo_sizes(self) -> list[Wire]:
        """A photo nobody looks at."""
        number = self.serial("photo")
        return [
            {
                "file_id": f"AgACAgIAAx{number:08d}",
                "file_unique_id": f"AQAD{number:08d}",
                "width": 90,
                "height": 90,
                "file_size": 1_024,
            }
        ]

    def _sender(self, chat: Chat, user: int, sender_chat: int | None, *, anonymous: bool) -> Wire:
        if sender_chat is not None:
            return self._as_channel(chat, user, sender_chat)
        member = self.standing(chat, user)
        if anonymous and not member.is_admin:
            raise NotAllowed("only administrators are anonymous")
        if anonymous or (member.is_admin and member.is_anonymous):
            return {"from": self.user_wire(ANONYMOUS_ADMIN), "sender_chat": chat.wire}
        return {"from": self.user_wire(user)}

    def _as_channel(self, chat: Chat, user: int, sender_chat: int) -> Wire:
        channel = self.place(sender_chat)
        if not self.standing(channel, user).may("can_post_messages"):
            raise NotAllowed("only a channel's administrators write as the channel")
        if sender_chat in chat.banned_senders:
            raise NotAllowed("that channel is banned here")
        return {"from": self.user_wire(CHANNEL_SENDER), "sender_chat": channel.wire}

    def _forward_automatically(self, channel: Chat, group: Chat, message: Message) -> None:
        carried = ("text", "entities", "photo", "caption", "caption_entities", "media_group_id")
        fields = {name: message.wire[name] for name in carried if name in message.wire}
        wire = self.new_message(
            group,
            self.user_wire(TELEGRAM),
            sender_chat=channel.wire,
            is_automatic_forward=True,
            forward_origin=channel_origin(channel, message.id, message.date),
            **fields,
        )
        self.publish(group, TELEGRAM, wire)

    def say_in_private(self, user: int, bot: int, text: str, extras: Extras) -> Message:
        chat = self.dialogue_with(user, bot)
        if chat.blocked:
            raise NotAllowed("the bot is blocked")
        chat.started = True
        return self.publish(chat, user, self._compose(chat, {"from": self.user_wire(user)}, text, extras))

    def _require_voice(self, chat: Chat, user: int, permission: str) -> None:
        refusal = speaking_refusal(self, chat, user, permission)
        if refusal is not None:
            raise NotAllowed(f"{user} cannot speak in {chat.id}: {refusal}")

    def where(self, user: int, chat: int) -> Chat:
        return self.dialogue_with(user, chat) if chat in self.bots else self.place(chat)

    def existing(self, chat: Chat, message_id: int) -> Message:
        message = chat.history.get(message_id)
        if message is None:
            raise NotAllowed(f"there is no message {message_id} in {chat.id}")
        return message


def channel_origin(channel: Chat, message_id: int, date: int) -> Wire:
    """The MessageOriginChannel of a forwarded post."""
    return {"type": "channel", "date": date, "chat": channel.wire, "message_id": message_id}


def without_reply(wire: Wire) -> Wire:
    """A replied-to message as it is embedded: one level deep."""
    if "reply_to_message" not in wire:
        return wire
    return {name: value for name, value in wire.items() if name != "reply_to_message"}


def _texts(text: str, field: str) -> Wire:
    if field == "caption" and not text:
        return {}
    wire: Wire = {field: text}
    found = find_entities(text)
    if found:
        wire["entities" if field == "text" else "caption_entities"] = found
    return wire

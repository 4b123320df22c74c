"""Wire updates in the gate's words."""

from __future__ import annotations

from operator import attrgetter

import msgspec

from gmbot.adapters.telegram import wire
from gmbot.adapters.telegram.commands import command_of
from gmbot.adapters.telegram.standings import rights_of, standing_of
from gmbot.domain.ids import MessageId, ThreadId, UpdateId, UserId
from gmbot.domain.membership import Source, Stamp
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
    Person,
    Unreadable,
)
from gmbot.gate.shape import MALFORMED, shape, shape_of_json

_UPDATES = msgspec.json.Decoder(wire.Update)
_HEADS = msgspec.json.Decoder(wire.UpdateHead)
_MARKS = attrgetter(*wire.SERVICE_MARKS)


def read_update(body: bytes | msgspec.Raw) -> Incoming:
    """Return an update from its JSON, as `decode_update` does, in the gate's words."""
    update = decode_update(body)
    return incoming_of(update) if isinstance(update, wire.Update) else update


def decode_update(body: bytes | msgspec.Raw) -> wire.Update | Unreadable:
    """Return an update from its JSON; if only its id can be read, it is Unreadable.

    Raises ValueError or RecursionError if not even that can be read.
    """
    try:
        return _UPDATES.decode(body)
    except wire.UNDECODABLE:
        number = UpdateId(_HEADS.decode(body).update_id)
        payload, kind = shape_of_json(bytes(body))
        return Unreadable(update_id=number, kind=kind, payload=payload)


def untranslatable(update: wire.Update, failure: Exception) -> Unreadable:
    """Return an update that was read but not understood, as something to be set aside."""
    kinds = [name for name in update.__struct_fields__[1:] if getattr(update, name) is not None]
    number = UpdateId(update.update_id)
    return Unreadable(update_id=number, kind=(*kinds, MALFORMED)[0], payload=shape(update), failure=failure)


def incoming_of(update: wire.Update) -> Incoming:
    """Return what an update tells the gate; what it has no word for is Ignored."""
    number = UpdateId(update.update_id)
    if update.message is not None:
        return message_seen(update.message, number)
    if update.chat_member is not None:
        return _member_changed(update.chat_member, number)
    if update.callback_query is not None:
        return _button_tapped(update.callback_query, number)
    if update.edited_message is not None:
        return message_seen(update.edited_message, number, edited=True)
    if update.my_chat_member is not None:
        return _bot_changed(update.my_chat_member, number)
    if update.chat_join_request is not None:
        return _join_asked(update.chat_join_request, number)
    return Ignored(update_id=number)


def message_seen(message: wire.Message, number: UpdateId, *, edited: bool = False) -> MessageSeen:
    """Return a message; the topic is None in General, whose messages are in no topic."""
    chat = chat_of(message.chat)
    return MessageSeen(
        update_id=number,
        at=message.edit_date or message.date if edited else message.date,
        chat=chat,
        message_id=MessageId(message.message_id),
        sender=None if message.from_ is None else person_of(message.from_),
        sender_chat=None if message.sender_chat is None else chat_of(message.sender_chat),
        thread_id=_thread_id(message),
        edited=edited,
        automatic_forward=message.is_automatic_forward,
        service=is_service(message),
        command=command_of(message),
        media_group_id=message.media_group_id,
        forwarded_from=_forwarded_from(message, chat),
        joined=tuple(person_of(user) for user in message.new_chat_members),
        migrated_to=message.migrate_to_chat_id,
        migrated_from=message.migrate_from_chat_id,
    )


def chat_of(chat: wire.Chat) -> Chat:
    """Return a chat; a private one is titled with its person's name."""
    return Chat(
        chat_id=chat.id,
        kind=chat.type,
        title=_plain(chat.title) or _full_name(chat.first_name, chat.last_name),
        username=chat.username,
        is_forum=chat.is_forum,
    )


def person_of(user: wire.User) -> Person:
    """Return a user with first and last name in one."""
    return Person(
        user_id=UserId(user.id),
        name=_full_name(user.first_name, user.last_name),
        username=user.username,
        is_bot=user.is_bot,
        language=user.language_code,
    )


def _member_changed(change: wire.ChatMemberUpdated, number: UpdateId) -> MemberChanged:
    stamp = Stamp(change.date, Source.EVENT, number)
    return MemberChanged(
        update_id=number,
        at=change.date,
        chat=chat_of(change.chat),
        actor=person_of(change.from_),
        person=person_of(change.new_chat_member.user),
        old=standing_of(change.old_chat_member, Stamp()),
        new=standing_of(change.new_chat_member, stamp, UserId(change.from_.id)),
    )


def _bot_changed(change: wire.ChatMemberUpdated, number: UpdateId) -> BotChanged:
    stamp = Stamp(change.date, Source.EVENT, number)
    return BotChanged(
        update_id=number,
        at=change.date,
        chat=chat_of(change.chat),
        actor=person_of(change.from_),
        old=standing_of(change.old_chat_member, Stamp()),
        new=standing_of(change.new_chat_member, stamp, UserId(change.from_.id)),
        rights=rights_of(change.new_chat_member),
    )


def _button_tapped(query: wire.CallbackQuery, number: UpdateId) -> Incoming:
    if query.data is None:
        return Ignored(update_id=number, kind="callback_query")
    under = query.message
    return ButtonTapped(
        update_id=number,
        callback_id=query.id,
        person=person_of(query.from_),
        data=_plain(query.data),
        chat=None if under is None else chat_of(under.chat),
        message_id=None if under is None else MessageId(under.message_id),
        thread_id=None if under is None else _thread_id(under),
    )


def _join_asked(asked: wire.ChatJoinRequest, number: UpdateId) -> JoinAsked:
    return JoinAsked(
        update_id=number,
        at=asked.date,
        chat=chat_of(asked.chat),
        person=person_of(asked.from_),
        private_chat_id=asked.user_chat_id,
    )


def _thread_id(message: wire.Message) -> ThreadId | None:
    """Replies outside of forums carry a thread too, which is no topic."""
    if not message.is_topic_message or message.message_thread_id is None:
        return None
    return ThreadId(message.message_thread_id)


def _forwarded_from(message: wire.Message, chat: Chat) -> Chat | None:
    origin = None if message.reply_to_message is None else message.reply_to_message.forward_origin
    if origin is None and chat.kind is ChatKind.PRIVATE:
        origin = message.forward_origin
    if origin is None or origin.type != "channel" or origin.chat is None:
        return None
    return chat_of(origin.chat)


def is_service(message: wire.Message) -> bool:
    """Whether nobody is the author of a message: it tells of a join, a pin and the like."""
    if message.text is not None or message.caption is not None:
        return False
    if message.new_chat_members or message.migrate_to_chat_id or message.migrate_from_chat_id:
        return True
    return any(_MARKS(message))


def _full_name(first: str, last: str) -> str:
    return _plain(f"{first} {last}".strip())


def _plain(text: str) -> str:
    """PostgreSQL stores no NUL."""
    return text.replace("\0", "") if "\0" in text else text

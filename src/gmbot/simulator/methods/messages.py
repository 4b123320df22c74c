"""Messages: sending, changing, deleting, pinning."""

from __future__ import annotations

from gmbot.simulator.access import Call, readable_chat, writable_chat
from gmbot.simulator.chats import Chat, Message
from gmbot.simulator.errors import bad_request
from gmbot.simulator.members import Wire
from gmbot.simulator.methods.ephemeral import send_whisper
from gmbot.simulator.methods.markup import CAPTION_LIMIT, TEXT_LIMIT, formatted, inline_keyboard
from gmbot.simulator.people import ANONYMOUS_ADMIN
from gmbot.simulator.speech import speaking_refusal
from gmbot.simulator.talking import channel_origin

DELETE_AT_ONCE = 100


def send_message(call: Call) -> object:
    """Send a text."""
    text, entities = formatted(call, "text", "entities", TEXT_LIMIT)
    if not text.strip():
        raise bad_request("message text is empty")
    keyboard = inline_keyboard(call)
    content: Wire = {"text": text} | ({"entities": entities} if entities else {})
    whisper = call.args.mapping("ephemeral_message_parameters")
    if whisper is not None:
        return send_whisper(call, whisper, content, keyboard)
    chat = sendable_chat(call, "can_send_messages", "text messages")
    options = call.args.mapping("link_preview_options")
    if options:
        content["link_preview_options"] = options
    return send(call, chat, content, keyboard)


def send_photo(call: Call) -> object:
    """Send a photo, whatever it is, with a caption."""
    if not call.args.has("photo"):
        raise bad_request("there is no photo in the request")
    caption, entities = formatted(call, "caption", "caption_entities", CAPTION_LIMIT)
    keyboard = inline_keyboard(call)
    chat = sendable_chat(call, "can_send_photos", "photos")
    content: Wire = {"photo": call.world.photo_sizes()}
    if caption:
        content["caption"] = caption
    if entities:
        content["caption_entities"] = entities
    return send(call, chat, content, keyboard)


def copy_message(call: Call) -> object:
    """Send the content of another message anew."""
    source = _source_message(call)
    chat = sendable_chat(call, "can_send_messages", "text messages")
    kept = ("text", "entities", "photo", "caption", "caption_entities")
    content = {name: source.wire[name] for name in kept if name in source.wire}
    return {"message_id": send(call, chat, content, inline_keyboard(call))["message_id"]}


def forward_message(call: Call) -> object:
    """Send another message, saying where it comes from."""
    source = _source_message(call)
    chat = sendable_chat(call, "can_send_messages", "text messages")
    kept = ("text", "entities", "photo", "caption", "caption_entities")
    content = {name: source.wire[name] for name in kept if name in source.wire}
    content["forward_origin"] = _origin(call, source)
    return send(call, chat, content, None)


def edit_message_text(call: Call) -> object:
    """Replace the text, and the keyboard with what is given, none included."""
    text, entities = formatted(call, "text", "entities", TEXT_LIMIT)
    if not text.strip():
        raise bad_request("message text is empty")
    keyboard = inline_keyboard(call)
    chat, message = _own_message(call)
    if "text" not in message.wire:
        raise bad_request("there is no text in the message to edit")
    wire = {name: value for name, value in message.wire.items() if name != "entities"}
    wire["text"] = text
    if entities:
        wire["entities"] = entities
    return _rewrite(call, chat, message, _with_keyboard(wire, keyboard))


def edit_message_caption(call: Call) -> object:
    """Replace the caption, and the keyboard with what is given."""
    caption, entities = formatted(call, "caption", "caption_entities", CAPTION_LIMIT)
    keyboard = inline_keyboard(call)
    chat, message = _own_message(call)
    dropped = ("caption", "caption_entities")
    wire = {name: value for name, value in message.wire.items() if name not in dropped}
    if caption:
        wire["caption"] = caption
    if entities:
        wire["caption_entities"] = entities
    return _rewrite(call, chat, message, _with_keyboard(wire, keyboard))


def edit_message_reply_markup(call: Call) -> object:
    """Replace the inline keyboard, or take it away."""
    keyboard = inline_keyboard(call)
    chat, message = _own_message(call)
    return _rewrite(call, chat, message, _with_keyboard(dict(message.wire), keyboard))


def delete_message(call: Call) -> object:
    """Delete one message, of the last 48 hours."""
    chat = writable_chat(call)
    message = chat.history.get(call.args.integer("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if not _may_delete(call, chat, message):
        raise bad_request("message can't be deleted")
    del chat.history[message.id]
    return True


def delete_messages(call: Call) -> object:
    """Delete up to a hundred; missing ones are skipped, one that may not be deleted fails them all."""
    numbers = call.args.listing("message_ids")
    if not numbers:
        raise bad_request("message identifiers are not specified")
    if len(numbers) > DELETE_AT_ONCE:
        raise bad_request("too many message identifiers specified")
    chat = writable_chat(call)
    found = [chat.history[number] for number in numbers if isinstance(number, int) and number in chat.history]
    if not all(_may_delete(call, chat, message) for message in found):
        raise bad_request("message can't be deleted")
    for message in found:
        chat.history.pop(message.id, None)
    return True


def pin_chat_message(call: Call) -> object:
    """Pin a message; a service message tells of it."""
    chat, message = _pinnable(call)
    if message.id not in chat.pinned:
        chat.pinned.append(message.id)
        sender = (
            {"sender_chat": chat.wire} if chat.is_channel else {"from": call.world.user_wire(call.bot.id)}
        )
        wire = call.world.new_message(chat, None, **sender, pinned_message=message.wire)
        call.world.publish(chat, call.bot.id, wire, echo=True)
    return True


def unpin_chat_message(call: Call) -> object:
    """Unpin a message, the newest pinned one unless said."""
    chat = writable_chat(call)
    _require_pinning(call, chat)
    number = call.args.integer("message_id")
    if number and number not in chat.pinned:
        raise bad_request("message to unpin not found")
    if chat.pinned:
        chat.pinned.remove(number or chat.pinned[-1])
    return True


def unpin_all_chat_messages(call: Call) -> object:
    """Unpin everything."""
    chat = writable_chat(call)
    _require_pinning(call, chat)
    chat.pinned.clear()
    return True


def set_message_reaction(call: Call) -> object:
    """React to a message; nobody sees it here."""
    chat = writable_chat(call)
    if call.args.integer("message_id") not in chat.history:
        raise bad_request("message to react not found")
    return True


def send_chat_action(call: Call) -> object:
    """Show that something is being written; nobody sees it here."""
    if not call.args.text("action"):
        raise bad_request("wrong parameter action in request")
    sendable_chat(call, "can_send_messages", "text messages")
    return True


def sendable_chat(call: Call, permission: str, what: str) -> Chat:
    """The chat of `chat_id`, when the bot may send that there."""
    chat = writable_chat(call)
    if chat.is_private or speaking_refusal(call.world, chat, call.bot.id, permission) is None:
        return chat
    if chat.is_channel:
        raise bad_request("need administrator rights in the channel chat")
    raise bad_request(f"not enough rights to send {what} to the chat")


def send(call: Call, chat: Chat, content: Wire, keyboard: Wire | None) -> Wire:
    """Publish the bot's message with that content; its Message object."""
    threading = _threading(call, chat)
    sender = _sender(call, chat)
    wire = call.world.new_message(chat, None, **sender, **threading, **content)
    if keyboard is not None:
        wire["reply_markup"] = keyboard
    if call.args.boolean("protect_content"):
        wire["has_protected_content"] = True
    if chat.is_channel:
        return call.world.publish_post(chat, call.bot.id, wire).wire
    return call.world.publish(chat, call.bot.id, wire).wire


def _sender(call: Call, chat: Chat) -> Wire:
    if chat.is_channel:
        return {"sender_chat": chat.wire}
    if not chat.is_private and call.standing(chat).is_anonymous:
        return {"from": call.world.user_wire(ANONYMOUS_ADMIN), "sender_chat": chat.wire}
    return {"from": call.world.user_wire(call.bot.id)}


def _threading(call: Call, chat: Chat) -> Wire:
    thread = call.args.integer("message_thread_id") or None
    if thread is not None:
        _check_thread(call, chat, thread)
    reply_to = _reply_target(call, chat)
    if thread is None and reply_to is None:
        _check_general(call, chat)
        return {}
    return call.world.threading(chat, reply_to, thread)


def _check_thread(call: Call, chat: Chat, thread: int) -> None:
    """A topic, or a channel post's comments; General is addressed by no thread, and naming it is an error.

    The thread id that replies in ordinary supergroups carry is not an address either.
    """
    topic = chat.topics.get(thread)
    if topic is None and not _is_comment_thread(call, chat, thread):
        raise bad_request("message thread not found")
    if topic is not None and topic.closed and not call.standing(chat).may("can_manage_topics"):
        raise bad_request("TOPIC_CLOSED")


def _is_comment_thread(call: Call, chat: Chat, thread: int) -> bool:
    root = chat.history.get(thread)
    if root is None or chat.forum:
        return False
    return call.world.knobs.reply_threads_addressable or "is_automatic_forward" in root.wire


def _check_general(call: Call, chat: Chat) -> None:
    if chat.forum and chat.general_closed and not call.standing(chat).may("can_manage_topics"):
        raise bad_request("TOPIC_CLOSED")


def _reply_target(call: Call, chat: Chat) -> int | None:
    asked = call.args.mapping("reply_parameters")
    number = asked.get("message_id") if asked else call.args.integer("reply_to_message_id") or None
    if not isinstance(number, int):
        return None
    if number in chat.history:
        return number
    lenient = asked.get("allow_sending_without_reply") if asked else None
    if lenient is True or call.args.boolean("allow_sending_without_reply"):
        return None
    raise bad_request("message to be replied not found")


def _own_message(call: Call) -> tuple[Chat, Message]:
    chat = writable_chat(call)
    message = chat.history.get(call.args.integer("message_id"))
    if message is None:
        raise bad_request("message to edit not found")
    others_post = chat.is_channel and call.standing(chat).may("can_edit_messages")
    if message.author != call.bot.id and not others_post:
        raise bad_request("message can't be edited")
    return chat, message


def _with_keyboard(wire: Wire, keyboard: Wire | None) -> Wire:
    wire.pop("reply_markup", None)
    return wire if keyboard is None else wire | {"reply_markup": keyboard}


def _rewrite(call: Call, chat: Chat, message: Message, wire: Wire) -> Wire:
    if wire == message.wire:
        raise bad_request(
            "message is not modified: specified new message content and reply markup are exactly the same "
            "as a current content and reply markup of the message"
        )
    wire["edit_date"] = int(call.now)
    return call.world.rewrite(chat, message, wire, besides=call.bot.id).wire


def _may_delete(call: Call, chat: Chat, message: Message) -> bool:
    """Its own messages, everything in private, and the rest with the right to delete: for 48 hours."""
    if call.now - message.date >= call.world.knobs.delete_window_s:
        return False
    if chat.is_private or message.author == call.bot.id:
        return True
    return call.standing(chat).may("can_delete_messages")


def _source_message(call: Call) -> Message:
    source = readable_chat(call, "from_chat_id")
    message = source.history.get(call.args.integer("message_id"))
    if message is None:
        raise bad_request("message to copy not found")
    return message


def _origin(call: Call, source: Message) -> Wire:
    origin = source.wire.get("forward_origin")
    if isinstance(origin, dict):
        return origin
    chat = call.world.chats.get(source.chat_id)
    if chat is not None and chat.is_channel:
        return channel_origin(chat, source.id, source.date)
    return {"type": "user", "date": source.date, "sender_user": call.world.user_wire(source.author)}


def _pinnable(call: Call) -> tuple[Chat, Message]:
    chat = writable_chat(call)
    message = chat.history.get(call.args.integer("message_id"))
    if message is None:
        raise bad_request("message to pin not found")
    _require_pinning(call, chat)
    return chat, message


def _require_pinning(call: Call, chat: Chat) -> None:
    if chat.is_private:
        return
    right = "can_edit_messages" if chat.is_channel else "can_pin_messages"
    call.require(chat, right, "not enough rights to manage pinned messages in the chat")

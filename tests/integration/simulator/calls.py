"""What a bot may call in a random life: for every method, arguments that often make sense."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from tests.integration.simulator.life import TEXTS, Life

from gmbot.simulator.rights import ADMIN_RIGHTS, PERMISSIONS

Arguments = dict[str, object]
MARKUP = {"inline_keyboard": [[{"text": "Verify", "callback_data": "verify"}]]}
OTHER_MARKUP = {"inline_keyboard": [[{"text": "Read", "url": "https://example.org"}]]}


def _member(life: Life, **more: object) -> Arguments:
    return {"chat_id": life.chat(), "user_id": life.person()} | more


def _here(life: Life, **more: object) -> Arguments:
    return {"chat_id": life.chat()} | more


def _message(life: Life, **more: object) -> Arguments:
    chat = life.chat()
    message = life.message(chat)
    return {"chat_id": chat, "message_id": 1 if message is None else message.id} | more


def _pinned(life: Life) -> Arguments:
    pinned = [chat for chat in life.chats if life.world.chats[chat].pinned]
    return {"chat_id": life.chance.choice(pinned) if pinned else life.group}


def _own_message(life: Life, **more: object) -> Arguments:
    chat = life.chat()
    own = [message.id for message in life.world.messages(chat) if message.author == life.bot]
    return {"chat_id": chat, "message_id": own[-1] if own else 1} | more


def _taken(life: Life, **more: object) -> Arguments:
    return {"from_chat_id": life.group} | _message(life) | {"chat_id": life.talk()} | more


def _send(life: Life) -> Arguments:
    where = life.chance.choice((life.chat(), life.person()))
    arguments: Arguments = {
        "chat_id": where,
        "text": life.chance.choice((*TEXTS, "<b>bold</b> &amp; <i>not</i>")),
    }
    if life.chance.random() < 0.5:
        arguments |= {"reply_markup": MARKUP, "parse_mode": "HTML"}
    if life.chance.random() < 0.4:
        arguments |= {
            "chat_id": life.group,
            "ephemeral_message_parameters": {"receiver_user_id": life.person()},
        }
    return arguments


def _whisper(life: Life, **more: object) -> Arguments:
    whispers = list(life.world.chats[life.group].whispers)
    receiver, number = whispers[-1] if whispers else (life.owner, 1)
    return {"chat_id": life.group, "receiver_user_id": receiver, "ephemeral_message_id": number} | more


def _permissions(life: Life) -> dict[str, bool]:
    return dict.fromkeys(life.some(PERMISSIONS), True)


def _rights(life: Life) -> dict[str, bool]:
    return dict.fromkeys(life.some(ADMIN_RIGHTS), True)


def _own_admin(life: Life) -> Arguments:
    own = [
        (chat, user)
        for chat in life.groups
        for user, member in life.world.chats[chat].members.items()
        if member.promoted_by == life.bot
    ]
    chat, user = life.chance.choice(own) if own else (life.group, life.person())
    return {"chat_id": chat, "user_id": user, "custom_title": "Boss"}


def _link(life: Life, **more: object) -> Arguments:
    own = [link for link, invite in life.world.links.items() if invite.creator == life.bot]
    link = life.chance.choice(own) if own else life.link
    return {"chat_id": life.world.links[link].chat_id, "invite_link": link} | more


def _query(life: Life) -> Arguments:
    open_queries = [query.id for query in life.world.callbacks.values() if query.answered_at is None]
    return {"callback_query_id": open_queries[-1] if open_queries else "0", "text": "ok", "show_alert": True}


def _request(life: Life) -> Arguments:
    waiting = [(chat, user) for chat in life.chats for user in life.world.chats[chat].requests]
    chat, user = life.chance.choice(waiting) if waiting else (life.club, life.person())
    return {"chat_id": chat, "user_id": user}


def _guard_query(life: Life) -> Arguments:
    requests = [request for chat in life.chats for request in life.world.chats[chat].requests.values()]
    queries = [query for request in requests for query in request.queries]
    return {"chat_join_request_query_id": queries[-1] if queries else "0", "result": "approve"}


CALLS: Mapping[str, Callable[[Life], Arguments]] = MappingProxyType(
    {
        "getMe": lambda _: {},
        "logOut": lambda _: {},
        "close": lambda _: {},
        "setMyCommands": lambda _: {"commands": [{"command": "protect", "description": "Protect"}]},
        "getMyCommands": lambda _: {},
        "deleteMyCommands": lambda _: {"scope": {"type": "all_private_chats"}},
        "setMyName": lambda life: {"name": f"Gate {life.chance.randrange(9)}"},
        "getMyName": lambda _: {},
        "setMyDescription": lambda _: {"description": "Guards"},
        "getMyDescription": lambda _: {},
        "setMyShortDescription": lambda _: {"short_description": "Guards"},
        "getMyShortDescription": lambda _: {},
        "setMyDefaultAdministratorRights": lambda life: {"rights": _rights(life)},
        "getMyDefaultAdministratorRights": lambda _: {},
        "setChatMenuButton": lambda _: {"menu_button": {"type": "commands"}},
        "getChatMenuButton": lambda _: {},
        "getUpdates": lambda _: {"limit": 100},
        "setWebhook": lambda _: {"url": ""},
        "deleteWebhook": lambda _: {},
        "getWebhookInfo": lambda _: {},
        "getChat": lambda life: {"chat_id": life.chance.choice((life.chat(), life.person(), "@news"))},
        "leaveChat": lambda life: {"chat_id": life.old_group},
        "createChatInviteLink": lambda life: _here(life, creates_join_request=True, name="door"),
        "exportChatInviteLink": _here,
        "editChatInviteLink": lambda life: _link(life, member_limit=5),
        "revokeChatInviteLink": _link,
        "createForumTopic": lambda life: {"chat_id": life.forum, "name": "Dogs"},
        "closeForumTopic": lambda life: {"chat_id": life.forum, "message_thread_id": life.topic},
        "reopenForumTopic": lambda life: {"chat_id": life.forum, "message_thread_id": life.topic},
        "approveChatJoinRequest": _request,
        "declineChatJoinRequest": _request,
        "answerChatJoinRequestQuery": _guard_query,
        "getChatMember": _member,
        "getChatAdministrators": _here,
        "getChatMemberCount": _here,
        "restrictChatMember": lambda life: _member(life, permissions=_permissions(life)),
        "banChatMember": _member,
        "unbanChatMember": lambda life: _member(life, only_if_banned=True),
        "promoteChatMember": lambda life: _member(life) | _rights(life),
        "setChatAdministratorCustomTitle": _own_admin,
        "banChatSenderChat": lambda life: _here(life, sender_chat_id=life.private_channel),
        "unbanChatSenderChat": lambda life: _here(life, sender_chat_id=life.private_channel),
        "setChatPermissions": lambda life: _here(life, permissions=_permissions(life)),
        "sendMessage": _send,
        "sendPhoto": lambda life: _here(
            life, photo="https://example.org/x.jpg", caption="x", reply_markup=MARKUP
        ),
        "copyMessage": _taken,
        "forwardMessage": _taken,
        "editMessageText": lambda life: _own_message(
            life, text=life.chance.choice(TEXTS), reply_markup=MARKUP
        ),
        "editMessageCaption": lambda life: _own_message(life, caption=life.chance.choice(TEXTS)),
        "editMessageReplyMarkup": lambda life: _own_message(life, reply_markup=MARKUP),
        "deleteMessage": _message,
        "deleteMessages": lambda life: _here(life, message_ids=[1, 2, 3]),
        "pinChatMessage": _message,
        "unpinChatMessage": _pinned,
        "unpinAllChatMessages": _here,
        "sendChatAction": lambda life: _here(life, action="typing"),
        "setMessageReaction": lambda life: _message(life, reaction=[{"type": "emoji", "emoji": "👍"}]),
        "editEphemeralMessageText": lambda life: _whisper(life, text=life.chance.choice(TEXTS)),
        "editEphemeralMessageReplyMarkup": lambda life: _whisper(
            life, reply_markup=life.chance.choice((MARKUP, OTHER_MARKUP))
        ),
        "deleteEphemeralMessage": _whisper,
        "answerCallbackQuery": _query,
    }
)

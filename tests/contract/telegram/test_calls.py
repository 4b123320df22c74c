"""Every call that the client makes, held against aiogram's model of the same method."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from inspect import iscoroutinefunction

import aiogram.methods
import pytest
from pydantic import BaseModel
from tests.fixtures.telegram import Script, client_of, ok

from gmbot.adapters.telegram.client import BotClient
from gmbot.adapters.telegram.transport import Reply
from gmbot.adapters.telegram.webhook import register
from gmbot.domain.ids import GroupId, MessageId, ThreadId, UserId
from gmbot.domain.standing import EVERYTHING, FREE, MUTED, PERMISSIONS, Restriction
from gmbot.gate.outgoing import Address, Button, Note
from gmbot.gate.ports import CommandMenu

ANN = UserId(7)
OLD = MessageId(5)
TALK = GroupId(-1001)
GENERAL = ThreadId(1)
TOPIC = ThreadId(12)
FIVE = Restriction(frozenset({"can_send_messages"}), 1_790_000_099)
PLAIN = Note("<b>hello</b>")
LINKED = Note("join", ((Button("News", url="https://t.me/news"),), (Button("Verify", data="verify:7"),)))
PLAIN_BODY: dict[str, object] = {
    "text": "<b>hello</b>",
    "parse_mode": "HTML",
    "link_preview_options": {"is_disabled": True},
}
MENU = CommandMenu("all_group_chats", (("help", "what this bot does"), ("status", "how things are")))
LEFT = {"status": "left", "user": {"id": 7, "first_name": "Ann"}}

Verb = Callable[[BotClient], Awaitable[object]]

CALLS: list[tuple[str, Verb, object, dict[str, object]]] = [
    ("getMe", lambda bot: bot.me(), {"id": 42, "first_name": "Gate"}, {}),
    ("getChatMember", lambda bot: bot.member(-1002, ANN), LEFT, {"chat_id": -1002, "user_id": 7}),
    ("getChat", lambda bot: bot.chat("@news"), {"id": -1002, "type": "channel"}, {"chat_id": "@news"}),
    ("getChatAdministrators", lambda bot: bot.administrators(-1001), [], {"chat_id": -1001}),
    (
        "restrictChatMember",
        lambda bot: bot.restrict(TALK, ANN, Restriction(MUTED, 1_790_000_099)),
        True,
        {
            "chat_id": -1001,
            "user_id": 7,
            "permissions": {"can_send_messages": False},
            "until_date": 1_790_000_099,
        },
    ),
    (
        "restrictChatMember",
        lambda bot: bot.restrict(TALK, ANN, FREE),
        True,
        {"chat_id": -1001, "user_id": 7, "permissions": dict.fromkeys(PERMISSIONS, True)},
    ),
    (
        "restrictChatMember",
        lambda bot: bot.restrict(TALK, ANN, FIVE),
        True,
        {
            "chat_id": -1001,
            "user_id": 7,
            "permissions": dict.fromkeys(PERMISSIONS, False) | {"can_send_messages": True},
            "use_independent_chat_permissions": True,
            "until_date": 1_790_000_099,
        },
    ),
    (
        "banChatMember",
        lambda bot: bot.ban(TALK, ANN, 1_790_000_099),
        True,
        {"chat_id": -1001, "user_id": 7, "until_date": 1_790_000_099},
    ),
    (
        "banChatSenderChat",
        lambda bot: bot.ban_sender_chat(TALK, -1003),
        True,
        {"chat_id": -1001, "sender_chat_id": -1003},
    ),
    (
        "approveChatJoinRequest",
        lambda bot: bot.approve(TALK, ANN),
        True,
        {"chat_id": -1001, "user_id": 7},
    ),
    ("deleteMessage", lambda bot: bot.delete(-1001, [OLD]), True, {"chat_id": -1001, "message_id": 5}),
    (
        "deleteMessages",
        lambda bot: bot.delete(-1001, [OLD, MessageId(6)]),
        True,
        {"chat_id": -1001, "message_ids": [5, 6]},
    ),
    (
        "sendMessage",
        lambda bot: bot.send(Address(-1001), PLAIN),
        {"message_id": 9},
        PLAIN_BODY | {"chat_id": -1001},
    ),
    (
        "sendMessage",
        lambda bot: bot.send(Address(-1001, GENERAL), PLAIN),
        {"message_id": 9},
        PLAIN_BODY | {"chat_id": -1001},
    ),
    (
        "sendMessage",
        lambda bot: bot.send(Address(-1001, TOPIC, OLD), LINKED),
        {"message_id": 9},
        {
            "chat_id": -1001,
            "message_thread_id": 12,
            "reply_parameters": {"message_id": 5, "allow_sending_without_reply": True},
            "text": "join",
            "parse_mode": "HTML",
            "link_preview_options": {"is_disabled": True},
            "reply_markup": {
                "inline_keyboard": [
                    [{"text": "News", "url": "https://t.me/news"}],
                    [{"text": "Verify", "callback_data": "verify:7"}],
                ]
            },
        },
    ),
    (
        "editMessageText",
        lambda bot: bot.edit(-1001, OLD, PLAIN),
        True,
        PLAIN_BODY | {"chat_id": -1001, "message_id": 5},
    ),
    (
        "answerCallbackQuery",
        lambda bot: bot.answer("1", "x" * 300, alert=True),
        True,
        {"callback_query_id": "1", "text": "x" * 200, "show_alert": True},
    ),
    (
        "createChatInviteLink",
        lambda bot: bot.invite_link(-1002, "for Talk"),
        {"invite_link": "https://t.me/+x"},
        {"chat_id": -1002, "name": "for Talk"},
    ),
    (
        "setMyCommands",
        lambda bot: bot.set_commands([MENU]),
        True,
        {
            "commands": [
                {"command": "help", "description": "what this bot does"},
                {"command": "status", "description": "how things are"},
            ],
            "scope": {"type": "all_group_chats"},
        },
    ),
    ("getWebhookInfo", lambda bot: bot.webhook(), {"url": ""}, {}),
    ("deleteWebhook", lambda bot: bot.delete_webhook(), True, {}),
    (
        "setWebhook",
        lambda bot: register(bot, "https://gate.example/webhook/42", "s3cret"),
        True,
        {
            "url": "https://gate.example/webhook/42",
            "secret_token": "s3cret",
            "max_connections": 40,
            "allowed_updates": [
                "message",
                "edited_message",
                "chat_member",
                "my_chat_member",
                "callback_query",
                "chat_join_request",
            ],
        },
    ),
    (
        "getUpdates",
        lambda bot: bot.updates(6, wait_s=50),
        [],
        {
            "offset": 6,
            "limit": 100,
            "timeout": 50,
            "allowed_updates": [
                "message",
                "edited_message",
                "chat_member",
                "my_chat_member",
                "callback_query",
                "chat_join_request",
            ],
        },
    ),
]


def strangers(found: object) -> Iterator[str]:
    """Whatever in a validated model, however deep, Telegram has no name for."""
    if isinstance(found, BaseModel):
        yield from found.model_extra or ()
        for name in type(found).model_fields:
            yield from strangers(getattr(found, name))
    if isinstance(found, list):
        for one in found:
            yield from strangers(one)


@pytest.mark.parametrize(("method", "verb", "result", "body"), CALLS)
async def test_a_call_says_exactly(method: str, verb: Verb, result: object, body: dict[str, object]) -> None:
    """The method and its arguments, and no more."""
    script = Script(ok(result))
    await verb(client_of(script, []))
    assert script.calls == [(method, body)]


@pytest.mark.parametrize(("method", "verb", "result", "body"), CALLS)
def test_a_call_is_one_that_telegram_knows(
    method: str, verb: Verb, result: object, body: dict[str, object]
) -> None:
    """aiogram accepts the arguments, and has a name for each of them."""
    model = getattr(aiogram.methods, method[0].upper() + method[1:])
    assert list(strangers(model.model_validate(body))) == []


async def test_every_verb_of_the_client_is_held_to_this() -> None:
    """A new one must be added above."""
    tried = Script(*[Reply(200, ok(result).body) for _, _, result, _ in CALLS])
    client = client_of(tried, [])
    for _, verb, _, _ in CALLS:
        await verb(client)
    public = {name: verb for name, verb in vars(BotClient).items() if not name.startswith("_")}
    verbs = {name for name, verb in public.items() if iscoroutinefunction(verb)}
    assert len(set(tried.methods) - {"deleteMessages"}) == len(verbs)


def test_freedom_is_all_that_telegram_can_permit() -> None:
    """Anything less would leave a person restricted for ever."""
    assert set(EVERYTHING) == set(aiogram.types.ChatPermissions.model_fields)

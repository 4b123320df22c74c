"""What each of Telegram's refusals means: a test per row of SEMANTICS §1, §2 and §4."""

from __future__ import annotations

import pytest

from gmbot.adapters.telegram.errors import ROWS, Refusal, error_of, vague
from gmbot.adapters.telegram.wire import ResponseParameters
from gmbot.domain.errors import (
    ChatMigrated,
    ChatUnusable,
    ConfigurationError,
    GMBotError,
    PersonProtected,
    PersonUnknown,
    PersonUnreachable,
    RefusedError,
    RightsMissing,
    TooManyRequests,
    TransientError,
    Unavailable,
)

BAD = "Bad Request: "
NO = "Forbidden: "

REFUSALS: list[tuple[str, int, str, type[GMBotError] | None]] = [
    ("getChatMember", 400, BAD + "chat_id is empty", ChatUnusable),
    ("getChatMember", 400, BAD + "chat not found", ChatUnusable),
    ("getChat", 400, BAD + "chat not found", ChatUnusable),
    ("getChatMember", 400, BAD + "PEER_ID_INVALID", ChatUnusable),
    ("getChatMember", 400, BAD + "CHANNEL_PRIVATE", ChatUnusable),
    ("getChatMember", 400, BAD + "CHANNEL_INVALID", ChatUnusable),
    ("getChatMember", 400, BAD + "invalid user_id specified", PersonUnknown),
    ("getChatMember", 400, BAD + "member list is inaccessible", ChatUnusable),
    ("getChatMember", 400, BAD + "CHAT_ADMIN_REQUIRED", ChatUnusable),
    ("getChatAdministrators", 400, BAD + "CHAT_ADMIN_REQUIRED", ChatUnusable),
    ("getChatAdministrators", 400, BAD + "need administrator rights in the channel chat", ChatUnusable),
    ("restrictChatMember", 400, BAD + "CHAT_ADMIN_REQUIRED", RightsMissing),
    ("createChatInviteLink", 400, BAD + "CHAT_ADMIN_REQUIRED", RightsMissing),
    ("sendMessage", 400, BAD + "need administrator rights in the channel chat", RightsMissing),
    ("getChatMember", 400, BAD + "PARTICIPANT_ID_INVALID", PersonUnknown),
    ("getChatMember", 400, BAD + "member not found", PersonUnknown),
    ("getChatMember", 400, BAD + "user not found", PersonUnknown),
    ("getChatMember", 400, BAD + "USER_ID_INVALID", PersonUnknown),
    ("getChatMember", 400, BAD + "USER_NOT_PARTICIPANT", PersonUnknown),
    ("getChatMember", 403, NO + "bot is not a member of the channel chat", ChatUnusable),
    ("getChatMember", 403, NO + "bot was kicked from the channel chat", ChatUnusable),
    ("sendMessage", 403, NO + "bot is not a member of the supergroup chat", ChatUnusable),
    ("sendMessage", 403, NO + "bot was kicked from the group chat", ChatUnusable),
    ("sendMessage", 403, NO + "the group chat was deleted", ChatUnusable),
    ("sendMessage", 400, BAD + "group chat was deactivated", ChatUnusable),
    ("sendMessage", 400, BAD + "not enough rights to send text messages to the chat", RightsMissing),
    ("sendMessage", 400, BAD + "have no rights to send a message", RightsMissing),
    ("sendMessage", 400, BAD + "CHAT_WRITE_FORBIDDEN", RightsMissing),
    ("sendMessage", 400, BAD + "message thread not found", RefusedError),
    ("sendMessage", 403, NO + "bot can't initiate conversation with a user", PersonUnreachable),
    ("sendMessage", 403, NO + "bot was blocked by the user", PersonUnreachable),
    ("sendMessage", 403, NO + "user is deactivated", PersonUnreachable),
    ("sendMessage", 403, NO + "bot can't send messages to bots", PersonUnreachable),
    ("restrictChatMember", 400, BAD + "not enough rights to restrict/unrestrict chat member", RightsMissing),
    ("promoteChatMember", 400, BAD + "RIGHT_FORBIDDEN", RightsMissing),
    ("restrictChatMember", 400, BAD + "user is an administrator of the chat", PersonProtected),
    ("restrictChatMember", 400, BAD + "can't remove chat owner", PersonProtected),
    ("restrictChatMember", 400, BAD + "can't restrict self", PersonProtected),
    ("restrictChatMember", 400, BAD + "USER_ADMIN_INVALID", PersonProtected),
    ("restrictChatMember", 400, BAD + "method is available only for supergroups", RefusedError),
    ("deleteMessage", 400, BAD + "message to delete not found", None),
    ("deleteMessages", 400, BAD + "MESSAGE_ID_INVALID", None),
    ("deleteMessage", 400, BAD + "message can't be deleted", RefusedError),
    ("editMessageText", 400, BAD + "message to edit not found", None),
    ("editMessageText", 400, BAD + "MESSAGE_ID_INVALID", None),
    (
        "editMessageText",
        400,
        BAD + "message is not modified: specified new message content and reply markup are exactly the"
        " same as a current content and reply markup of the message",
        None,
    ),
    (
        "answerCallbackQuery",
        400,
        BAD + "query is too old and response timeout expired or query ID is invalid",
        None,
    ),
    ("answerCallbackQuery", 400, BAD + "QUERY_ID_INVALID", None),
    ("approveChatJoinRequest", 400, BAD + "HIDE_REQUESTER_MISSING", None),
    ("declineChatJoinRequest", 400, BAD + "USER_ALREADY_PARTICIPANT", None),
    ("sendMessage", 400, BAD + "message is not modified", RefusedError),
    ("getMe", 401, "Unauthorized", ConfigurationError),
    ("getMe", 404, "Not Found", ConfigurationError),
    ("getNothing", 404, "Not Found: method not found", RefusedError),
    ("getUpdates", 409, "Conflict: terminated by other getUpdates request", TransientError),
    ("sendMessage", 429, "Too Many Requests: retry after 7", TooManyRequests),
    ("sendMessage", 500, "Internal Server Error: restart", Unavailable),
    ("sendMessage", 502, "Bad Gateway", Unavailable),
    ("sendMessage", 302, "Found", Unavailable),
    ("sendMessage", 403, NO + "something new", RefusedError),
]


@pytest.mark.parametrize(("method", "code", "description", "meaning"), REFUSALS)
def test_a_refusal_means(method: str, code: int, description: str, meaning: type[GMBotError] | None) -> None:
    """Each text that Telegram is known to say has its meaning, exactly."""
    error = error_of(Refusal(method, code, description))
    assert (None if error is None else type(error)) is meaning


def test_every_row_of_the_table_is_met_by_a_text() -> None:
    """The table holds nothing that no known text of Telegram's needs."""
    said = [(method, description.lower()) for method, _, description, _ in REFUSALS]
    unmet = [
        row.words
        for row in ROWS
        if not any(row.words in text and (not row.methods or m in row.methods) for m, text in said)
    ]
    assert unmet == []


def test_a_migrated_group_says_where_it_went() -> None:
    """The 400 of an upgraded group carries the supergroup's id."""
    text = "Bad Request: group chat was upgraded to a supergroup chat"
    error = error_of(Refusal("sendMessage", 400, text, ResponseParameters(migrate_to_chat_id=-1009)))
    assert isinstance(error, ChatMigrated)
    assert error.new_chat_id == -1009


@pytest.mark.parametrize(("told", "obeyed"), [(7, 7.0), (None, 1.0), (-3, 0.0)])
def test_too_many_requests_say_how_long_to_wait(told: int | None, obeyed: float) -> None:
    """`retry_after` is law; without one there is still a pause."""
    parameters = ResponseParameters(retry_after=told)
    error = error_of(Refusal("sendMessage", 429, "Too Many Requests", parameters))
    assert isinstance(error, TooManyRequests)
    assert error.retry_after_s == obeyed


def test_a_refused_token_is_told_to_the_operator_by_its_setting() -> None:
    """The sentence names BOT_TOKEN, which is what has to be mended."""
    assert "BOT_TOKEN" in str(error_of(Refusal("getMe", 401, "Unauthorized")))


def test_a_long_description_is_cut() -> None:
    """An error's text stays a line, whatever the other side says."""
    assert len(str(error_of(Refusal("sendMessage", 400, "x" * 10_000)))) < 300


def test_only_an_invisible_participant_is_worth_an_identical_call() -> None:
    """PARTICIPANT_ID_INVALID comes at random for valid pairs; other refusals stay what they are."""
    assert vague(Refusal("getChatMember", 400, "Bad Request: PARTICIPANT_ID_INVALID"))
    assert not vague(Refusal("getChatMember", 400, "Bad Request: member not found"))

"""What Telegram's refusals mean: from (method, code, description, parameters) to GMBot's errors.

Source: SEMANTICS, envelope and errors, getChatMember, restrictChatMember; the official server's texts.
"""

from __future__ import annotations

import msgspec

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

LONGEST_DESCRIPTION = 200
PATIENCE_S = 1.0
"""How long a 429 that names no time is obeyed."""

_NOT_A_BOT = "Telegram refuses BOT_TOKEN; copy it again from @BotFather, for example 123456789:AAF…xyz"

_QUESTIONS = frozenset({"getChatMember", "getChatAdministrators", "getChat"})
_DELETIONS = frozenset({"deleteMessage", "deleteMessages"})
UNCHANGED = "message is not modified"
_EDITS = frozenset({"editMessageText"})
_ANSWERS = frozenset({"answerCallbackQuery"})
_JOIN_REQUESTS = frozenset({"approveChatJoinRequest", "declineChatJoinRequest"})


class Refusal(msgspec.Struct, frozen=True):
    """Telegram's no to one call."""

    method: str
    code: int
    description: str
    parameters: ResponseParameters = ResponseParameters()

    @property
    def text(self) -> str:
        """What an error says of it."""
        return f"{self.method}: {self.code} {self.description[:LONGEST_DESCRIPTION]}"


class Row(msgspec.Struct, frozen=True):
    """What a description that contains `words` means to `methods` (all, when empty); None means done."""

    words: str
    meaning: type[RefusedError] | None
    methods: frozenset[str] = frozenset()


ROWS = (
    Row("message to delete not found", None, _DELETIONS),
    Row("message_id_invalid", None, _DELETIONS | _EDITS),
    Row(UNCHANGED, None, _EDITS),
    Row("message to edit not found", None, _EDITS),
    Row("query is too old", None, _ANSWERS),
    Row("query_id_invalid", None, _ANSWERS),
    Row("hide_requester_missing", None, _JOIN_REQUESTS),
    Row("user_already_participant", None, _JOIN_REQUESTS),
    Row("member list is inaccessible", ChatUnusable),
    Row("chat_admin_required", ChatUnusable, _QUESTIONS),
    Row("chat_admin_required", RightsMissing),
    Row("chat not found", ChatUnusable),
    Row("chat_id is empty", ChatUnusable),
    Row("peer_id_invalid", ChatUnusable),
    Row("channel_private", ChatUnusable),
    Row("channel_invalid", ChatUnusable),
    Row("bot is not a member of the", ChatUnusable),
    Row("bot was kicked from the", ChatUnusable),
    Row("the group chat was deleted", ChatUnusable),
    Row("group chat was deactivated", ChatUnusable),
    Row("need administrator rights", ChatUnusable, _QUESTIONS),
    Row("need administrator rights", RightsMissing),
    Row("not enough rights", RightsMissing),
    Row("have no rights", RightsMissing),
    Row("chat_write_forbidden", RightsMissing),
    Row("right_forbidden", RightsMissing),
    Row("user is an administrator of the chat", PersonProtected),
    Row("can't remove chat owner", PersonProtected),
    Row("can't restrict self", PersonProtected),
    Row("user_admin_invalid", PersonProtected),
    Row("participant_id_invalid", PersonUnknown),
    Row("member not found", PersonUnknown),
    Row("user not found", PersonUnknown),
    Row("user_id_invalid", PersonUnknown),
    Row("user_not_participant", PersonUnknown),
    Row("invalid user_id specified", PersonUnknown),
    Row("bot can't initiate conversation with a user", PersonUnreachable),
    Row("bot was blocked by the user", PersonUnreachable),
    Row("user is deactivated", PersonUnreachable),
    Row("bot can't send messages to bots", PersonUnreachable),
)


def error_of(refusal: Refusal) -> GMBotError | None:
    """Return the error that a refusal is, or None when what was asked for is so already."""
    return _whole_bot(refusal) if refusal.code in _WHOLE_BOT else _this_call(refusal)


def vague(refusal: Refusal) -> bool:
    """Whether an identical call may be answered differently at once (SEMANTICS: getChatMember)."""
    return refusal.code == 400 and "PARTICIPANT_ID_INVALID" in refusal.description


def patience_s(refusal: Refusal) -> float:
    """Return how long a 429 asks to be left alone, in seconds."""
    told = refusal.parameters.retry_after
    return PATIENCE_S if told is None else max(told, 0.0)


_WHOLE_BOT = frozenset({401, 404})


def _whole_bot(refusal: Refusal) -> GMBotError:
    unknown_method = refusal.code == 404 and refusal.description != "Not Found"
    return RefusedError(refusal.text) if unknown_method else ConfigurationError(_NOT_A_BOT)


def _this_call(refusal: Refusal) -> GMBotError | None:
    if refusal.parameters.migrate_to_chat_id is not None:
        return ChatMigrated(refusal.text, new_chat_id=refusal.parameters.migrate_to_chat_id)
    if refusal.code == 429:
        return TooManyRequests(refusal.text, retry_after_s=patience_s(refusal))
    if refusal.code == 409:
        return TransientError(refusal.text)
    if not 400 <= refusal.code < 500:
        return Unavailable(refusal.text)
    return _refused(refusal)


def _refused(refusal: Refusal) -> RefusedError | None:
    said = refusal.description.lower()
    for row in ROWS:
        if row.words in said and (not row.methods or refusal.method in row.methods):
            return None if row.meaning is None else row.meaning(refusal.text)
    return RefusedError(refusal.text)

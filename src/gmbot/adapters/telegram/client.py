"""One bot's view of Telegram: the gate's `Telegram` port over the Bot API."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping, Sequence

import msgspec

from gmbot.adapters.telegram import wire
from gmbot.adapters.telegram.bodies import menu_body, note_body, permissions_body, recipient_body
from gmbot.adapters.telegram.calls import Answer, Call, Caller, read, settled
from gmbot.adapters.telegram.deletions import Deletions
from gmbot.adapters.telegram.errors import UNCHANGED
from gmbot.adapters.telegram.send_queue import Priority, SendLimits
from gmbot.adapters.telegram.standings import rights_of, standing_of
from gmbot.adapters.telegram.translate import chat_of, decode_update
from gmbot.adapters.telegram.transport import Transport
from gmbot.domain.errors import Unavailable
from gmbot.domain.ids import BotId, GroupId, MessageId, UserId
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.standing import Restriction, Standing
from gmbot.gate.incoming import Unreadable
from gmbot.gate.outgoing import Address, Note
from gmbot.gate.ports import Administrator, ChatInfo, Clock, CommandMenu, Emit, Me
from gmbot.resilience.budget import SharedBudget

DEADLINE_S = 10.0
ANSWER_WITHIN_S = 15.0
"""A tap that is answered later has been given up by Telegram (SEMANTICS: limits and delivery)."""

LONGEST_CALLBACK_TEXT = 200
LONGEST_LINK_NAME = 32

_USER = msgspec.json.Decoder(wire.User)
_MEMBER: msgspec.json.Decoder[wire.ChatMember] = msgspec.json.Decoder(wire.ChatMember)
_MEMBERS: msgspec.json.Decoder[list[wire.ChatMember]] = msgspec.json.Decoder(list[wire.ChatMember])
_CHAT = msgspec.json.Decoder(wire.ChatFullInfo)
_SENT = msgspec.json.Decoder(wire.SentMessage)
_LINK = msgspec.json.Decoder(wire.ChatInviteLink)
_WEBHOOK = msgspec.json.Decoder(wire.WebhookInfo)
_UPDATES = msgspec.json.Decoder(list[wire.Update])
_RAW_UPDATES = msgspec.json.Decoder(list[msgspec.Raw])


class Conflict(msgspec.Struct, frozen=True):
    """getUpdates was refused (409): a webhook is set, or else another process polls the same bot."""

    webhook_active: bool
    text: str


class BotClient:
    """Calls the Bot API for one bot.

    Every method raises what `gmbot.gate.ports.Telegram` says. Effects are tried once: whoever owes them
    repeats them. They go by `limits`, the most urgent first; `deadline_s` is for the answer after that. For
    a question it includes waiting for Telegram's `retry_after`.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        bot_id: BotId,
        clock: Clock,
        emit: Emit,
        deadline_s: float = DEADLINE_S,
        limits: SendLimits | None = None,
        shared: SharedBudget | None = None,
    ) -> None:
        self.bot_id = bot_id
        self._deadline_s = deadline_s
        self._caller = Caller(
            transport, bot_id=bot_id, clock=clock, emit=emit, limits=limits or SendLimits(), shared=shared
        )
        self._deletions = Deletions(self._caller, clock, deadline_s)

    @property
    def waiting(self) -> int:
        """How many calls wait for their turn to be sent."""
        return len(self._caller.queue)

    @property
    def oldest_wait_s(self) -> float:
        """For how many seconds the first of them has waited."""
        return self._caller.queue.oldest_wait_s

    def now(self) -> float:
        """Return Telegram's clock as last heard of, in Unix seconds."""
        return self._caller.time.now()

    async def me(self) -> Me:
        """Return who the bot is (getMe). Raises ConfigurationError if Telegram refuses the token."""
        user = read("getMe", await self._ask("getMe", {}), _USER)
        return Me(bot_id=BotId(user.id), username=user.username or "", name=user.first_name)

    async def member(self, chat_id: int, user_id: UserId) -> Standing:
        """Return what somebody is in a chat (getChatMember), stamped with the second of the question."""
        answer = await self._ask("getChatMember", {"chat_id": chat_id, "user_id": user_id})
        return standing_of(read("getChatMember", answer, _MEMBER), Stamp(answer.at, Source.QUESTION))

    async def chat(self, chat: int | str) -> ChatInfo:
        """Return a chat by id or `@username` (getChat)."""
        info = read("getChat", await self._ask("getChat", {"chat_id": chat}), _CHAT)
        return ChatInfo(chat_of(info), info.linked_chat_id)

    async def administrators(self, chat_id: int) -> Sequence[Administrator]:
        """Return the admins of a chat, the bot among them if it is one (getChatAdministrators)."""
        method = "getChatAdministrators"
        members = read(method, await self._ask(method, {"chat_id": chat_id}), _MEMBERS)
        return [_administrator(member) for member in members]

    async def restrict(self, group_id: GroupId, user_id: UserId, restriction: Restriction) -> None:
        """Make somebody's restriction this one (restrictChatMember)."""
        who = {"chat_id": group_id, "user_id": user_id}
        priority = Priority.RELEASE if restriction.allowed else Priority.MUTE
        await self._do("restrictChatMember", who | permissions_body(restriction), priority)

    async def ban(self, group_id: GroupId, user_id: UserId, until: int) -> None:
        """Ban somebody until a Unix second (banChatMember); 0 means for ever."""
        await self._do(
            "banChatMember", {"chat_id": group_id, "user_id": user_id, "until_date": until}, Priority.MUTE
        )

    async def approve(self, group_id: GroupId, user_id: UserId) -> None:
        """Let somebody in who asked for it (approveChatJoinRequest); asked no more is no error."""
        whom = {"chat_id": group_id, "user_id": user_id}
        await self._do("approveChatJoinRequest", whom, Priority.RELEASE)

    async def ban_sender_chat(self, group_id: GroupId, sender_chat_id: int) -> None:
        """Forbid a channel to write in a group (banChatSenderChat)."""
        whom = {"chat_id": group_id, "sender_chat_id": sender_chat_id}
        await self._do("banChatSenderChat", whom, Priority.MUTE)

    async def delete(self, chat_id: int, message_ids: Sequence[MessageId]) -> None:
        """Delete 1–100 messages; missing ones count as deleted."""
        await self._deletions.delete(chat_id, message_ids)

    async def send(self, to: Address, note: Note) -> MessageId:
        """Send a note (sendMessage) and return the message's id."""
        answer = await self._do("sendMessage", recipient_body(to) | note_body(note), Priority.PROMPT)
        return MessageId(read("sendMessage", answer, _SENT).message_id)

    async def edit(self, chat_id: int, message_id: MessageId, note: Note) -> bool:
        """Replace a message (editMessageText); False if it is gone. One that is the same already is there."""
        which = {"chat_id": chat_id, "message_id": message_id}
        answer = await self._do("editMessageText", which | note_body(note), Priority.PROMPT)
        return answer.refusal is None or UNCHANGED in answer.refusal.description.lower()

    async def answer(
        self, callback_id: str, text: str, *, alert: bool = False, about: int | None = None
    ) -> None:
        """Answer a tap (answerCallbackQuery); what exceeds 200 characters is cut, too late is no error.

        Raises Unavailable if its turn did not come in time to be of use.
        """
        shown = {"callback_query_id": callback_id, "text": text[:LONGEST_CALLBACK_TEXT], "show_alert": alert}
        call = Call(
            "answerCallbackQuery",
            shown,
            timeout_s=self._deadline_s,
            priority=Priority.ANSWER,
            about=about,
            expires_s=ANSWER_WITHIN_S,
        )
        await self._caller.make(call)

    async def invite_link(self, chat_id: int, name: str) -> str:
        """Make an invite link of the bot's own (createChatInviteLink); its name holds 32 characters."""
        method = "createChatInviteLink"
        answer = await self._do(
            method, {"chat_id": chat_id, "name": name[:LONGEST_LINK_NAME]}, Priority.PROMPT
        )
        return read(method, answer, _LINK).invite_link

    async def set_commands(self, menus: Sequence[CommandMenu]) -> None:
        """Set the command menu of each scope (setMyCommands)."""
        for menu in menus:
            await self._do("setMyCommands", menu_body(menu), Priority.BULK)

    async def updates(
        self, offset: int, *, limit: int = 100, wait_s: int = 0, timeout_s: float | None = None
    ) -> Sequence[wire.Update | Unreadable] | Conflict:
        """Return the updates from `offset` on, which confirms those before it (getUpdates).

        Telegram waits up to `wait_s` seconds for the first one; `timeout_s` is how long the answer may
        take beyond that.
        """
        patience_s = wait_s + (self._deadline_s if timeout_s is None else timeout_s)
        poll: dict[str, object] = {"offset": offset, "limit": limit, "timeout": wait_s}
        poll["allowed_updates"] = wire.ALLOWED_UPDATES
        answer = await self._caller.hear(Call("getUpdates", poll, timeout_s=patience_s))
        if answer.refusal is not None and answer.refusal.code == 409:
            return Conflict("webhook" in answer.refusal.description, answer.refusal.text)
        return _arrived(settled(answer))

    async def webhook(self) -> wire.WebhookInfo:
        """Return where updates are delivered, and how that goes (getWebhookInfo)."""
        return read("getWebhookInfo", await self._ask("getWebhookInfo", {}), _WEBHOOK)

    async def set_webhook(self, url: str, secret: str, *, max_connections: int) -> None:
        """Have updates posted to `url` with `secret` in a header (setWebhook); none is dropped."""
        where = {"url": url, "secret_token": secret, "max_connections": max_connections}
        await self._do("setWebhook", where | {"allowed_updates": wire.ALLOWED_UPDATES})

    async def delete_webhook(self) -> None:
        """Have updates wait for getUpdates (deleteWebhook); none is dropped."""
        await self._do("deleteWebhook", {})

    async def _ask(self, method: str, arguments: Mapping[str, object]) -> Answer:
        return await self._caller.make(Call(method, arguments, question=True, timeout_s=self._deadline_s))

    async def _do(
        self, method: str, arguments: Mapping[str, object], priority: Priority | None = None
    ) -> Answer:
        """Make a call that changes something; without a priority it has no turn to wait for."""
        return await self._caller.make(Call(method, arguments, timeout_s=self._deadline_s, priority=priority))


_NONSENSE = "getUpdates: a result that is not the Bot API's"
_TITLED = (wire.ChatMemberOwner, wire.ChatMemberAdministrator)


def _administrator(member: wire.ChatMember) -> Administrator:
    return Administrator(
        user_id=UserId(member.user.id),
        rights=rights_of(member),
        is_owner=isinstance(member, wire.ChatMemberOwner),
        is_bot=member.user.is_bot,
        is_anonymous=isinstance(member, _TITLED) and member.is_anonymous,
    )


def _arrived(answer: Answer) -> Sequence[wire.Update | Unreadable]:
    """Decode a batch in one go, or, if one update spoils that, one by one."""
    try:
        return _UPDATES.decode(answer.result)
    except wire.UNDECODABLE:
        return _one_by_one(answer)


def _one_by_one(answer: Answer) -> list[wire.Update | Unreadable]:
    """Decode what can be; what has not even an id is confirmed together with what follows it."""
    try:
        parts = _RAW_UPDATES.decode(answer.result)
    except wire.UNDECODABLE:
        raise Unavailable(_NONSENSE) from None
    found = []
    for part in parts:
        with contextlib.suppress(*wire.UNDECODABLE):
            found.append(decode_update(part))
    if not found:
        raise Unavailable(_NONSENSE)
    return found

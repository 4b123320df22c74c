"""The gatekeeper written with aiogram."""

from aiogram import Bot, Dispatcher, F
from aiogram.client.session.aiohttp import AiohttpSession
from aiogram.client.telegram import TelegramAPIServer
from aiogram.filters import Command
from aiogram.types import (
    CallbackQuery,
    ChatJoinRequest,
    ChatMemberRestricted,
    ChatMemberUpdated,
    ChatPermissions,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    ResultChatMemberUnion,
)

ALLOWED_UPDATES = ["message", "chat_member", "callback_query", "chat_join_request"]
EVERYTHING = ChatPermissions(**dict.fromkeys(ChatPermissions.model_fields, True))


def aiogram_bot(token: str, url: str) -> Bot:
    """Build a bot that talks to the simulator."""
    return Bot(token, session=AiohttpSession(api=TelegramAPIServer.from_base(url)))


def aiogram_gatekeeper(bot: Bot, channel: int) -> Dispatcher:
    """Build the handlers: join, verify, join request, ping."""
    gate = AiogramGate(bot, channel)
    dispatcher = Dispatcher()
    dispatcher.chat_member.register(gate.member_changed)
    dispatcher.callback_query.register(gate.tapped, F.data.startswith("verify:"))
    dispatcher.chat_join_request.register(gate.asked_to_join)
    dispatcher.message.register(gate.ping, Command("ping"))
    return dispatcher


class AiogramGate:
    """What the gatekeeper does with each kind of update."""

    def __init__(self, bot: Bot, channel: int) -> None:
        self._bot = bot
        self._channel = channel

    async def member_changed(self, event: ChatMemberUpdated) -> None:
        """Mute whoever joins the group without the channel."""
        user = event.new_chat_member.user
        joined = _present(event.new_chat_member) and not _present(event.old_chat_member)
        if event.chat.id == self._channel or not joined or user.is_bot or await self._subscribed(user.id):
            return
        await self._bot.restrict_chat_member(event.chat.id, user.id, ChatPermissions(can_send_messages=False))
        button = InlineKeyboardButton(text="Verify", callback_data=f"verify:{user.id}")
        markup = InlineKeyboardMarkup(inline_keyboard=[[button]])
        await self._bot.send_message(event.chat.id, "Join the channel to speak", reply_markup=markup)

    async def tapped(self, query: CallbackQuery) -> None:
        """Free whoever joined the channel since."""
        assert isinstance(query.message, Message)
        if not await self._subscribed(query.from_user.id):
            await query.answer("Not yet", show_alert=True)
            return
        await self._bot.restrict_chat_member(query.message.chat.id, query.from_user.id, EVERYTHING)
        await query.answer("Welcome")
        await query.message.edit_text("Welcome")

    async def asked_to_join(self, request: ChatJoinRequest) -> None:
        """Let subscribers in and tell the others why not."""
        if await self._subscribed(request.from_user.id):
            await request.approve()
        else:
            await self._bot.send_message(request.user_chat_id, "Join the channel first")
            await request.decline()

    async def ping(self, message: Message) -> None:
        """Show that the bot hears."""
        await message.answer("pong")

    async def _subscribed(self, user: int) -> bool:
        return _present(await self._bot.get_chat_member(self._channel, user))


def _present(member: ResultChatMemberUnion) -> bool:
    if isinstance(member, ChatMemberRestricted):
        return member.is_member
    return member.status in {"creator", "administrator", "member"}

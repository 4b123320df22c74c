"""The gatekeeper written with python-telegram-bot."""

from typing import Any

from telegram import (
    ChatMember,
    ChatMemberRestricted,
    ChatPermissions,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Update,
)
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatJoinRequestHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
)

TelegramApplication = Application[Any, Any, Any, Any, Any, Any]


def telegram_gatekeeper(token: str, url: str, channel: int) -> TelegramApplication:
    """Build the application: join, verify, join request, ping."""
    gate = TelegramGate(channel)
    application = ApplicationBuilder().token(token).base_url(f"{url}/bot").build()
    application.add_handler(ChatMemberHandler(gate.member_changed, ChatMemberHandler.CHAT_MEMBER))
    application.add_handler(CallbackQueryHandler(gate.tapped, pattern="^verify:"))
    application.add_handler(ChatJoinRequestHandler(gate.asked_to_join))
    application.add_handler(CommandHandler("ping", gate.ping))
    return application


class TelegramGate:
    """What the gatekeeper does with each kind of update."""

    def __init__(self, channel: int) -> None:
        self._channel = channel

    async def member_changed(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Mute whoever joins the group without the channel."""
        event = update.chat_member
        assert event is not None
        user = event.new_chat_member.user
        joined = _present(event.new_chat_member) and not _present(event.old_chat_member)
        if event.chat.id == self._channel or not joined or user.is_bot:
            return
        if await self._subscribed(context, user.id):
            return
        mute = ChatPermissions(can_send_messages=False)
        await context.bot.restrict_chat_member(event.chat.id, user.id, mute)
        button = InlineKeyboardButton("Verify", callback_data=f"verify:{user.id}")
        markup = InlineKeyboardMarkup([[button]])
        await context.bot.send_message(event.chat.id, "Join the channel to speak", reply_markup=markup)

    async def tapped(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Free whoever joined the channel since."""
        query = update.callback_query
        assert query is not None
        assert query.message is not None
        if not await self._subscribed(context, query.from_user.id):
            await query.answer("Not yet", show_alert=True)
            return
        everything = ChatPermissions.all_permissions()
        await context.bot.restrict_chat_member(query.message.chat.id, query.from_user.id, everything)
        await query.answer("Welcome")
        await query.edit_message_text("Welcome")

    async def asked_to_join(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Let subscribers in and tell the others why not."""
        request = update.chat_join_request
        assert request is not None
        if await self._subscribed(context, request.from_user.id):
            await request.approve()
        else:
            await context.bot.send_message(request.user_chat_id, "Join the channel first")
            await request.decline()

    async def ping(self, update: Update, context: ContextTypes.DEFAULT_TYPE) -> None:
        """Show that the bot hears."""
        assert update.effective_chat is not None
        await context.bot.send_message(update.effective_chat.id, "pong")

    async def _subscribed(self, context: ContextTypes.DEFAULT_TYPE, user: int) -> bool:
        return _present(await context.bot.get_chat_member(self._channel, user))


def _present(member: ChatMember) -> bool:
    if isinstance(member, ChatMemberRestricted):
        return member.is_member
    return member.status in {"creator", "administrator", "member"}

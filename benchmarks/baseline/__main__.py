"""Run the plain bot: by polling, or with WEBHOOK_URL behind a web server."""

from __future__ import annotations

import os

from telegram import (
    CallbackQuery,
    ChatMember,
    ChatMemberUpdated,
    ChatPermissions,
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    Update,
)
from telegram.ext import (
    Application,
    ApplicationBuilder,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    ContextTypes,
    MessageHandler,
    filters,
)

from benchmarks.baseline.storage import Group, Storage

IN = (ChatMember.OWNER, ChatMember.ADMINISTRATOR, ChatMember.MEMBER)
Context = ContextTypes.DEFAULT_TYPE


class PlainBot:
    """Mutes whoever is not in their group's channel, and frees them when they join it."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage

    async def message(self, update: Update, context: Context) -> None:
        """Judge the author of a message."""
        message = update.effective_message
        if isinstance(message, Message) and message.from_user is not None:
            group = await self._storage.group(message.chat_id)
            if group is not None and not await _is_in(context, group, message.from_user.id):
                await message.delete()
                await self._mute(context, group, message.from_user.id)

    async def changed(self, update: Update, context: Context) -> None:
        """Judge whoever joined a group; free or mute whoever joined or left a channel."""
        change = update.chat_member
        if change is None or change.from_user.id == context.bot.id:
            return
        user_id = change.new_chat_member.user.id
        group = await self._storage.group(change.chat.id)
        if group is not None:
            if _came(change) and not await _is_in(context, group, user_id):
                await self._mute(context, group, user_id)
            return
        for group in await self._storage.requiring(change.chat.id):
            await self._follow(context, change, group)

    async def status(self, update: Update, context: Context) -> None:
        """Tell an admin how the group does."""
        if update.effective_message is not None:
            group = await self._storage.group(update.effective_message.chat_id)
            if group is not None and update.effective_user is not None:
                await _is_in(context, group, update.effective_user.id)

    async def tapped(self, update: Update, context: Context) -> None:
        """Look again whether somebody may speak."""
        query = update.callback_query
        if isinstance(query, CallbackQuery) and query.message is not None:
            group = await self._storage.group(query.message.chat.id)
            well = group is not None and await _is_in(context, group, query.from_user.id)
            await query.answer("You can write." if well else "Join the channel first.", show_alert=not well)

    async def _follow(self, context: Context, change: ChatMemberUpdated, group: Group) -> None:
        user_id = change.new_chat_member.user.id
        muted = await self._storage.is_muted(group.chat_id, user_id)
        if _came(change) and muted:
            await context.bot.restrict_chat_member(
                group.chat_id,
                user_id,
                ChatPermissions.all_permissions(),
                use_independent_chat_permissions=True,
            )
            await self._storage.free(group.chat_id, user_id)
        elif not _came(change) and not muted and change.new_chat_member.status not in IN:
            member = await context.bot.get_chat_member(group.chat_id, user_id)
            if member.status == ChatMember.MEMBER:
                await self._mute(context, group, user_id)

    async def _mute(self, context: Context, group: Group, user_id: int) -> None:
        await context.bot.restrict_chat_member(group.chat_id, user_id, ChatPermissions.no_permissions())
        await self._storage.mute(group.chat_id, user_id)
        button = InlineKeyboardButton("I joined", callback_data="verify")
        await context.bot.send_message(
            group.chat_id, "Join the channel to write here.", reply_markup=InlineKeyboardMarkup([[button]])
        )


async def _is_in(context: Context, group: Group, user_id: int) -> bool:
    member = await context.bot.get_chat_member(group.channel_id, user_id)
    return member.status in IN


def _came(change: ChatMemberUpdated) -> bool:
    return change.old_chat_member.status not in IN and change.new_chat_member.status in IN


def application(token: str, api: str, database: str) -> Application:  # type: ignore[type-arg]
    """Return the bot, ready to run."""
    driver = database.replace("sqlite:", "sqlite+aiosqlite:").replace("postgresql:", "postgresql+asyncpg:")
    plain = PlainBot(Storage(driver))
    app = ApplicationBuilder().token(token).base_url(f"{api}/bot").build()
    app.add_handler(CommandHandler(("status", "help"), plain.status))
    app.add_handler(MessageHandler(filters.ChatType.GROUPS & ~filters.StatusUpdate.ALL, plain.message))
    app.add_handler(ChatMemberHandler(plain.changed, ChatMemberHandler.CHAT_MEMBER))
    app.add_handler(CallbackQueryHandler(plain.tapped))
    return app


def main() -> None:
    """Run until terminated."""
    environ = os.environ
    app = application(environ["BOT_TOKEN"], environ["TELEGRAM_API_URL"], environ["DATABASE_URL"])
    if "WEBHOOK_URL" in environ:
        from benchmarks.baseline.web import serve

        serve(app, environ["WEBHOOK_URL"], environ["WEBHOOK_SECRET"], int(environ["PORT"]))
    else:
        app.run_polling(allowed_updates=Update.ALL_TYPES)


main()

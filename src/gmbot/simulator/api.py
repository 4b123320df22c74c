"""The Bot API without HTTP: a token, a method's name and its arguments in, a result or an error out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from gmbot.simulator.access import Call
from gmbot.simulator.arguments import Arguments
from gmbot.simulator.errors import method_not_found, unauthorized
from gmbot.simulator.methods import (
    bots,
    callbacks,
    chats,
    ephemeral,
    joinrequests,
    members,
    messages,
    webhooks,
)
from gmbot.simulator.people import Bot
from gmbot.simulator.world import World

Method = Callable[[Call], object]

NAMED: tuple[tuple[str, Method], ...] = (
    ("getMe", bots.get_me),
    ("logOut", bots.log_out),
    ("close", bots.close),
    ("setMyCommands", bots.set_my_commands),
    ("getMyCommands", bots.get_my_commands),
    ("deleteMyCommands", bots.delete_my_commands),
    ("setMyName", bots.set_my_name),
    ("getMyName", bots.get_my_name),
    ("setMyDescription", bots.set_my_description),
    ("getMyDescription", bots.get_my_description),
    ("setMyShortDescription", bots.set_my_short_description),
    ("getMyShortDescription", bots.get_my_short_description),
    ("setMyDefaultAdministratorRights", bots.set_my_default_administrator_rights),
    ("getMyDefaultAdministratorRights", bots.get_my_default_administrator_rights),
    ("setChatMenuButton", bots.set_chat_menu_button),
    ("getChatMenuButton", bots.get_chat_menu_button),
    ("getUpdates", webhooks.get_updates),
    ("setWebhook", webhooks.set_webhook),
    ("deleteWebhook", webhooks.delete_webhook),
    ("getWebhookInfo", webhooks.get_webhook_info),
    ("getChat", chats.get_chat),
    ("leaveChat", chats.leave_chat),
    ("createChatInviteLink", chats.create_chat_invite_link),
    ("exportChatInviteLink", chats.export_chat_invite_link),
    ("editChatInviteLink", chats.edit_chat_invite_link),
    ("revokeChatInviteLink", chats.revoke_chat_invite_link),
    ("createForumTopic", chats.create_forum_topic),
    ("closeForumTopic", chats.close_forum_topic),
    ("reopenForumTopic", chats.reopen_forum_topic),
    ("approveChatJoinRequest", joinrequests.approve_chat_join_request),
    ("declineChatJoinRequest", joinrequests.decline_chat_join_request),
    ("answerChatJoinRequestQuery", joinrequests.answer_chat_join_request_query),
    ("getChatMember", members.get_chat_member),
    ("getChatAdministrators", members.get_chat_administrators),
    ("getChatMemberCount", members.get_chat_member_count),
    ("restrictChatMember", members.restrict_chat_member),
    ("banChatMember", members.ban_chat_member),
    ("unbanChatMember", members.unban_chat_member),
    ("promoteChatMember", members.promote_chat_member),
    ("setChatAdministratorCustomTitle", members.set_chat_administrator_custom_title),
    ("banChatSenderChat", members.ban_chat_sender_chat),
    ("unbanChatSenderChat", members.unban_chat_sender_chat),
    ("setChatPermissions", members.set_chat_permissions),
    ("sendMessage", messages.send_message),
    ("sendPhoto", messages.send_photo),
    ("copyMessage", messages.copy_message),
    ("forwardMessage", messages.forward_message),
    ("editMessageText", messages.edit_message_text),
    ("editMessageCaption", messages.edit_message_caption),
    ("editMessageReplyMarkup", messages.edit_message_reply_markup),
    ("deleteMessage", messages.delete_message),
    ("deleteMessages", messages.delete_messages),
    ("pinChatMessage", messages.pin_chat_message),
    ("unpinChatMessage", messages.unpin_chat_message),
    ("unpinAllChatMessages", messages.unpin_all_chat_messages),
    ("sendChatAction", messages.send_chat_action),
    ("setMessageReaction", messages.set_message_reaction),
    ("editEphemeralMessageText", ephemeral.edit_ephemeral_message_text),
    ("editEphemeralMessageReplyMarkup", ephemeral.edit_ephemeral_message_reply_markup),
    ("deleteEphemeralMessage", ephemeral.delete_ephemeral_message),
    ("answerCallbackQuery", callbacks.answer_callback_query),
)
METHODS: Mapping[str, Method] = MappingProxyType({name.lower(): method for name, method in NAMED})


class BotApi:
    """The methods, in front of one world."""

    def __init__(self, world: World) -> None:
        self.world = world

    def bot(self, token: str) -> Bot:
        """The bot with that token, or 401 `Unauthorized`."""
        number = self.world.tokens.get(token)
        if number is None:
            raise unauthorized()
        return self.world.bots[number]

    def call(self, token: str, method: str, arguments: Mapping[str, object] | None = None) -> object:
        """What the method answers, ready for JSON; raises ApiError.

        Names of methods are case-insensitive. Arguments are read leniently: strings of forms, real
        types, and JSON text where an object is expected.
        """
        bot = self.bot(token)
        found = METHODS.get(method.lower())
        if found is None:
            raise method_not_found()
        return found(Call(self.world, bot, Arguments(arguments or {})))

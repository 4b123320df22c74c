"""What Telegram puts on the wire, as far as GMBot uses it: Bot API 10.3.

Fields that are not named here are skipped, so that a newer Bot API changes nothing. Field names are
Telegram's own.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from gmbot.gate.incoming import ChatKind

Id = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""Telegram's ids fit in 52 bits; whatever does not fit in 64 is no id, and no database would take it."""

Second = Annotated[int, msgspec.Meta(ge=0, le=2**53)]

ABSENT = msgspec.Raw()
"""A field that is not there; like every empty Raw it is false."""

ALLOWED_UPDATES = (
    "message",
    "edited_message",
    "chat_member",
    "my_chat_member",
    "callback_query",
    "chat_join_request",
)
"""What the bot listens to; `chat_member` is not among Telegram's defaults (SEMANTICS: membership updates)."""

UNDECODABLE = (ValueError, RecursionError)
"""What decoding hostile bytes raises: broken JSON and UTF-8, wrong shapes, and endless nesting."""


class Wire(msgspec.Struct, frozen=True, gc=False):
    """Something that Telegram sends."""


class User(Wire, frozen=True, gc=False):
    """A user or a bot."""

    id: Id
    first_name: str = ""
    last_name: str = ""
    username: str | None = None
    is_bot: bool = False
    language_code: str | None = None


class Chat(Wire, frozen=True, gc=False):
    """A chat; people's chats have names, others a title."""

    id: Id
    type: ChatKind
    title: str = ""
    first_name: str = ""
    last_name: str = ""
    username: str | None = None
    is_forum: bool = False


class ChatFullInfo(Chat, frozen=True, gc=False):
    """What getChat tells."""

    linked_chat_id: Id | None = None


class MessageEntity(Wire, frozen=True, gc=False):
    """A marked stretch of a text; `offset` and `length` count UTF-16 code units."""

    type: str
    offset: int
    length: int


class MessageOrigin(Wire, frozen=True, gc=False):
    """Where a forwarded message comes from; `chat` is set for channels."""

    type: str
    chat: Chat | None = None


class ReplyToMessage(Wire, frozen=True, gc=False):
    """The message that another one replies to."""

    forward_origin: MessageOrigin | None = None


class ServiceMarks(Wire, frozen=True, gc=False):
    """The fields of which a service message has one; a message with none of them has an author.

    What they hold is not looked at, save for `new_chat_members` and the two ids of a migration.
    """

    left_chat_member: msgspec.Raw = ABSENT
    chat_owner_left: msgspec.Raw = ABSENT
    chat_owner_changed: msgspec.Raw = ABSENT
    new_chat_title: msgspec.Raw = ABSENT
    new_chat_photo: msgspec.Raw = ABSENT
    delete_chat_photo: msgspec.Raw = ABSENT
    group_chat_created: msgspec.Raw = ABSENT
    supergroup_chat_created: msgspec.Raw = ABSENT
    channel_chat_created: msgspec.Raw = ABSENT
    message_auto_delete_timer_changed: msgspec.Raw = ABSENT
    pinned_message: msgspec.Raw = ABSENT
    successful_payment: msgspec.Raw = ABSENT
    refunded_payment: msgspec.Raw = ABSENT
    users_shared: msgspec.Raw = ABSENT
    chat_shared: msgspec.Raw = ABSENT
    gift: msgspec.Raw = ABSENT
    unique_gift: msgspec.Raw = ABSENT
    gift_upgrade_sent: msgspec.Raw = ABSENT
    connected_website: msgspec.Raw = ABSENT
    write_access_allowed: msgspec.Raw = ABSENT
    passport_data: msgspec.Raw = ABSENT
    proximity_alert_triggered: msgspec.Raw = ABSENT
    boost_added: msgspec.Raw = ABSENT
    chat_background_set: msgspec.Raw = ABSENT
    checklist_tasks_done: msgspec.Raw = ABSENT
    checklist_tasks_added: msgspec.Raw = ABSENT
    community_chat_added: msgspec.Raw = ABSENT
    community_chat_joined: msgspec.Raw = ABSENT
    community_chat_removed: msgspec.Raw = ABSENT
    direct_message_price_changed: msgspec.Raw = ABSENT
    forum_topic_created: msgspec.Raw = ABSENT
    forum_topic_edited: msgspec.Raw = ABSENT
    forum_topic_closed: msgspec.Raw = ABSENT
    forum_topic_reopened: msgspec.Raw = ABSENT
    general_forum_topic_hidden: msgspec.Raw = ABSENT
    general_forum_topic_unhidden: msgspec.Raw = ABSENT
    giveaway_created: msgspec.Raw = ABSENT
    giveaway_completed: msgspec.Raw = ABSENT
    managed_bot_created: msgspec.Raw = ABSENT
    paid_message_price_changed: msgspec.Raw = ABSENT
    poll_option_added: msgspec.Raw = ABSENT
    poll_option_deleted: msgspec.Raw = ABSENT
    suggested_post_approved: msgspec.Raw = ABSENT
    suggested_post_approval_failed: msgspec.Raw = ABSENT
    suggested_post_declined: msgspec.Raw = ABSENT
    suggested_post_paid: msgspec.Raw = ABSENT
    suggested_post_refunded: msgspec.Raw = ABSENT
    video_chat_scheduled: msgspec.Raw = ABSENT
    video_chat_started: msgspec.Raw = ABSENT
    video_chat_ended: msgspec.Raw = ABSENT
    video_chat_participants_invited: msgspec.Raw = ABSENT
    web_app_data: msgspec.Raw = ABSENT


SERVICE_MARKS = ServiceMarks.__struct_fields__


class Message(ServiceMarks, frozen=True, gc=False, kw_only=True):
    """A message, new, edited, or under a button; `date` is 0 when it is too old to be seen."""

    message_id: Id
    date: Second
    chat: Chat
    from_: User | None = msgspec.field(default=None, name="from")
    sender_chat: Chat | None = None
    message_thread_id: Id | None = None
    is_topic_message: bool = False
    is_automatic_forward: bool = False
    edit_date: Second | None = None
    text: str | None = None
    entities: tuple[MessageEntity, ...] = ()
    caption: str | None = None
    caption_entities: tuple[MessageEntity, ...] = ()
    media_group_id: str | None = None
    forward_origin: MessageOrigin | None = None
    reply_to_message: ReplyToMessage | None = None
    new_chat_members: tuple[User, ...] = ()
    migrate_to_chat_id: Id | None = None
    migrate_from_chat_id: Id | None = None


class CallbackQuery(Wire, frozen=True, gc=False):
    """A tap on an inline button."""

    id: str
    from_: User = msgspec.field(name="from")
    message: Message | None = None
    data: str | None = None


class ChatMemberOwner(Wire, frozen=True, gc=False, tag_field="status", tag="creator"):
    """The owner of a chat."""

    user: User
    is_anonymous: bool = False


class ChatMemberAdministrator(Wire, frozen=True, gc=False, tag_field="status", tag="administrator"):
    """An admin and their rights; a missing one is not held."""

    user: User
    is_anonymous: bool = False
    can_manage_chat: bool = False
    can_delete_messages: bool = False
    can_manage_video_chats: bool = False
    can_restrict_members: bool = False
    can_promote_members: bool = False
    can_change_info: bool = False
    can_invite_users: bool = False
    can_post_stories: bool = False
    can_edit_stories: bool = False
    can_delete_stories: bool = False
    can_post_messages: bool = False
    can_edit_messages: bool = False
    can_pin_messages: bool = False
    can_manage_topics: bool = False
    can_manage_direct_messages: bool = False
    can_manage_tags: bool = False
    can_send_welcome_messages: bool = False


class ChatMemberMember(Wire, frozen=True, gc=False, tag_field="status", tag="member"):
    """A plain member."""

    user: User


class ChatMemberRestricted(Wire, frozen=True, gc=False, tag_field="status", tag="restricted"):
    """Somebody with permissions of their own, who may have left."""

    user: User
    is_member: bool
    until_date: Second = 0
    can_send_messages: bool = False
    can_send_audios: bool = False
    can_send_documents: bool = False
    can_send_photos: bool = False
    can_send_videos: bool = False
    can_send_video_notes: bool = False
    can_send_voice_notes: bool = False
    can_send_polls: bool = False
    can_send_other_messages: bool = False
    can_add_web_page_previews: bool = False
    can_react_to_messages: bool = False
    can_edit_tag: bool = False
    can_change_info: bool = False
    can_invite_users: bool = False
    can_pin_messages: bool = False
    can_manage_topics: bool = False


class ChatMemberLeft(Wire, frozen=True, gc=False, tag_field="status", tag="left"):
    """Somebody who is not, or never was, there."""

    user: User


class ChatMemberBanned(Wire, frozen=True, gc=False, tag_field="status", tag="kicked"):
    """Somebody banned until a second; 0 means for ever."""

    user: User
    until_date: Second = 0


ChatMember = (
    ChatMemberOwner
    | ChatMemberAdministrator
    | ChatMemberMember
    | ChatMemberRestricted
    | ChatMemberLeft
    | ChatMemberBanned
)

ADMIN_RIGHTS = frozenset(f for f in ChatMemberAdministrator.__struct_fields__ if f.startswith("can_"))


class ChatMemberUpdated(Wire, frozen=True, gc=False):
    """What somebody was and is in a chat."""

    chat: Chat
    from_: User = msgspec.field(name="from")
    date: Second
    old_chat_member: ChatMember
    new_chat_member: ChatMember


class ChatJoinRequest(Wire, frozen=True, gc=False):
    """Somebody who asks to be let in, and may be written to in `user_chat_id` for five minutes."""

    chat: Chat
    from_: User = msgspec.field(name="from")
    date: Second
    user_chat_id: Id


class UpdateHead(Wire, frozen=True, gc=False):
    """All that must be readable of an update for it to be acknowledged."""

    update_id: Id


class Update(UpdateHead, frozen=True, gc=False):
    """An update; at most one field is set, and none for kinds that GMBot does not listen to."""

    message: Message | None = None
    edited_message: Message | None = None
    chat_member: ChatMemberUpdated | None = None
    my_chat_member: ChatMemberUpdated | None = None
    callback_query: CallbackQuery | None = None
    chat_join_request: ChatJoinRequest | None = None


class SentMessage(Wire, frozen=True, gc=False):
    """As much of a sent message as is remembered."""

    message_id: Id


class ChatInviteLink(Wire, frozen=True, gc=False):
    """An invite link."""

    invite_link: str


class WebhookInfo(Wire, frozen=True, gc=False):
    """Where Telegram delivers updates, and how that goes."""

    url: str
    pending_update_count: int = 0
    last_error_date: Second | None = None
    last_error_message: str = ""
    max_connections: int | None = None
    allowed_updates: tuple[str, ...] = ()


class ResponseParameters(Wire, frozen=True, gc=False):
    """What a refusal adds for programs."""

    migrate_to_chat_id: Id | None = None
    retry_after: float | None = None


class ApiResponse(Wire, frozen=True, gc=False):
    """The envelope of every answer; `result` stays as it came until its type is known."""

    ok: bool
    result: msgspec.Raw = ABSENT
    error_code: int = 0
    description: str = ""
    parameters: ResponseParameters = ResponseParameters()

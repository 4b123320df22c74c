"""Names of what members and administrators may do, and how the Bot API reads them.

Source: Bot API 10.3, ChatPermissions and ChatAdministratorRights.
"""

from __future__ import annotations

from collections.abc import Mapping

MEDIA_PERMISSIONS = (
    "can_send_audios",
    "can_send_documents",
    "can_send_photos",
    "can_send_videos",
    "can_send_video_notes",
    "can_send_voice_notes",
)
PERMISSIONS = (
    "can_send_messages",
    *MEDIA_PERMISSIONS,
    "can_send_polls",
    "can_send_other_messages",
    "can_add_web_page_previews",
    "can_react_to_messages",
    "can_edit_tag",
    "can_change_info",
    "can_invite_users",
    "can_pin_messages",
    "can_manage_topics",
)
ALL_PERMISSIONS = frozenset(PERMISSIONS)
NO_PERMISSIONS: frozenset[str] = frozenset()
GROUP_DEFAULTS = ALL_PERMISSIONS - {"can_change_info", "can_pin_messages", "can_manage_topics"}

COMMON_RIGHTS = (
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_send_welcome_messages",
)
CHANNEL_RIGHTS = ("can_post_messages", "can_edit_messages", "can_manage_direct_messages")
GROUP_RIGHTS = ("can_pin_messages", "can_manage_topics", "can_manage_tags")
ADMIN_RIGHTS = (*COMMON_RIGHTS, *CHANNEL_RIGHTS, *GROUP_RIGHTS)
ALL_RIGHTS = frozenset(ADMIN_RIGHTS)


def rights_for(chat_type: str) -> tuple[str, ...]:
    """The rights an administrator of that type of chat can have, in the order of the specification."""
    if chat_type == "channel":
        return (*COMMON_RIGHTS, *CHANNEL_RIGHTS)
    if chat_type == "group":
        return (*COMMON_RIGHTS, "can_pin_messages", "can_manage_tags")
    return (*COMMON_RIGHTS, *GROUP_RIGHTS)


def read_permissions(given: Mapping[str, object], *, independent: bool) -> frozenset[str]:
    """What a ChatPermissions object asks for, missing fields and implications resolved.

    Missing fields are false, except that topics and tags follow pinning and reactions follow messages.
    Unless `independent`, other messages and previews imply messages and media, and polls imply
    messages. Source: restrictChatMember, `use_independent_chat_permissions`.
    """
    granted = {name for name in PERMISSIONS if given.get(name) is True}
    pins = "can_pin_messages" in granted
    defaults = {
        "can_manage_topics": pins,
        "can_edit_tag": pins,
        "can_react_to_messages": "can_send_messages" in granted,
    }
    granted |= {name for name, value in defaults.items() if value and name not in given}
    if not independent:
        granted |= _implied(granted)
    return frozenset(granted)


def _implied(granted: set[str]) -> set[str]:
    implied: set[str] = set()
    if granted & {"can_send_other_messages", "can_add_web_page_previews"}:
        implied |= {"can_send_messages", *MEDIA_PERMISSIONS}
    if "can_send_polls" in granted:
        implied.add("can_send_messages")
    return implied

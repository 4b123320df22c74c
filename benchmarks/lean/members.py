"""Who is what in which chat, as far as a bot that mutes and frees people can tell."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks.lean.updates import BOT_ID, BOT_USER, chat, standing, user

Pair = tuple[int, int]
Change = tuple[Mapping[str, Any], Mapping[str, Any]]

_VOICE = ("messages", "audios", "documents", "photos", "videos", "video_notes", "voice_notes", "polls")
_DEEDS = ("send_other_messages", "add_web_page_previews", "react_to_messages", "edit_tag", "change_info")
_MORE_DEEDS = ("invite_users", "pin_messages", "manage_topics")
_MUTED = dict.fromkeys(
    [f"can_send_{what}" for what in _VOICE] + [f"can_{deed}" for deed in _DEEDS + _MORE_DEEDS], False
)
_RIGHTS = ("can_manage_chat", "can_delete_messages", "can_restrict_members", "can_invite_users")


class Members:
    """Everybody is in every group; `subscribed(user, channel)` tells who is in which channel."""

    def __init__(self, subscribed: Callable[[int, int], bool]) -> None:
        self._subscribed = subscribed
        self.subscriptions: dict[Pair, bool] = {}
        self.muted: dict[Pair, Mapping[str, Any]] = {}
        self.channels: set[int] = set()

    def status(self, place: int, person: int) -> dict[str, Any]:
        """Return what somebody is in a chat, as getChatMember tells."""
        if person == BOT_ID:
            return {"user": BOT_USER, "status": "administrator", **dict.fromkeys(_RIGHTS, True)}
        if place in self.channels:
            return standing(person, "member" if self.is_subscribed(person, place) else "left")
        if (place, person) in self.muted:
            return standing(person, "restricted", **self.muted[place, person])
        return standing(person, "member")

    def is_subscribed(self, person: int, channel: int) -> bool:
        """Whether somebody is in a channel."""
        changed = self.subscriptions.get((person, channel))
        return self._subscribed(person, channel) if changed is None else changed

    def restrict(self, place: int, person: int, arguments: Mapping[str, Any]) -> Change:
        """Mute or free somebody as restrictChatMember does; return what they were and what they are."""
        old = self.status(place, person)
        if arguments["permissions"].get("can_send_messages"):
            self.muted.pop((place, person), None)
        else:
            until = int(arguments.get("until_date") or 0)
            self.muted[place, person] = {"is_member": True, "until_date": until, **_MUTED}
        return old, self.status(place, person)

    def chat(self, place: int) -> dict[str, Any]:
        """Return a chat as getChat tells."""
        return chat(place, "channel" if place in self.channels else "supergroup")

    def administrators(self, place: int) -> list[dict[str, Any]]:
        """Return the admins of a chat."""
        return [{"user": user(5), "status": "creator", "is_anonymous": False}, self.status(place, BOT_ID)]

"""What administrators do to people: add, promote, mute, ban, and take back."""

from __future__ import annotations

from collections.abc import Iterable

from gmbot.simulator.chats import Chat
from gmbot.simulator.errors import NotAllowed
from gmbot.simulator.members import LEFT, MEMBER, Member, kept_until
from gmbot.simulator.membership import Cause, change, departed, entered, limited
from gmbot.simulator.rights import ALL_PERMISSIONS, ALL_RIGHTS, NO_PERMISSIONS, rights_for
from gmbot.simulator.scenery import Scenery


def admin_of(chat: Chat, rights: Iterable[str], *, by: int | None, anonymous: bool = False) -> Member:
    """An administrator's standing with those of the rights that this type of chat knows."""
    known = ALL_RIGHTS.intersection(rights_for(chat.type))
    return Member(
        status="administrator",
        rights=known.intersection(rights) | {"can_manage_chat"},
        is_anonymous=anonymous,
        promoted_by=by,
    )


class Moderation(Scenery):
    """Administrators' taps in Telegram's apps; NotAllowed when they lack the right."""

    def add_bot_to_chat(
        self, chat: int, bot: int, by: int, *, rights: Iterable[str] | None = ALL_RIGHTS
    ) -> None:
        """Put a bot into a chat, as an administrator with those rights or, with None, as a mere member."""
        place = self.place(chat)
        self.require_right(place, by, "can_invite_users" if rights is None else "can_promote_members")
        new = MEMBER if rights is None else admin_of(place, rights, by=by)
        change(self, place, bot, new, Cause(by=by))

    def add_member(self, chat: int, person: int, by: int) -> None:
        """Have a member bring in somebody else."""
        place = self.place(chat)
        if not self.standing(place, by).is_member:
            raise NotAllowed("who adds must be in the chat")
        change(self, place, person, entered(self.standing(place, person)), Cause(by=by))

    def promote(
        self, chat: int, person: int, by: int, rights: Iterable[str] = ALL_RIGHTS, *, anonymous: bool = False
    ) -> None:
        """Make somebody an administrator with exactly these rights."""
        place = self.place(chat)
        self.require_right(place, by, "can_promote_members")
        self._spare_owner(place, person)
        change(self, place, person, admin_of(place, rights, by=by, anonymous=anonymous), Cause(by=by))

    def demote(self, chat: int, person: int, by: int) -> None:
        """Make an administrator a member again; bots stay in channels, unable to read its member list."""
        place = self.place(chat)
        self.require_right(place, by, "can_promote_members")
        self._spare_owner(place, person)
        change(self, place, person, MEMBER, Cause(by=by))

    def mute(
        self,
        chat: int,
        user: int,
        by: int,
        until_date: int = 0,
        permissions: Iterable[str] = NO_PERMISSIONS,
    ) -> None:
        """Leave a person only those permissions; `until_date` follows the Bot API's rules."""
        place = self.place(chat)
        if place.type != "supergroup":
            raise NotAllowed("only supergroups restrict single members")
        self.require_right(place, by, "can_restrict_members")
        self._spare_admin(place, user)
        until = kept_until(until_date, self.now())
        new = limited(self.standing(place, user), frozenset(permissions), until)
        change(self, place, user, new, Cause(by=by))

    def unmute(self, chat: int, user: int, by: int) -> None:
        """Give a person every permission back."""
        self.mute(chat, user, by, permissions=ALL_PERMISSIONS)

    def ban(self, chat: int, user: int, by: int, until_date: int = 0) -> None:
        """Remove a person and keep them out."""
        place = self.place(chat)
        self.require_right(place, by, "can_restrict_members")
        self._spare_owner(place, user)
        until = kept_until(until_date, self.now())
        change(self, place, user, Member(status="kicked", until_date=until), Cause(by=by))

    def unban(self, chat: int, user: int, by: int) -> None:
        """Let a banned person come back; others stay as they are."""
        place = self.place(chat)
        self.require_right(place, by, "can_restrict_members")
        if self.standing(place, user).status == "kicked":
            change(self, place, user, LEFT, Cause(by=by))

    def kick(self, chat: int, user: int, by: int) -> None:
        """Remove a person who may come back at once."""
        place = self.place(chat)
        self.require_right(place, by, "can_restrict_members")
        self._spare_owner(place, user)
        change(self, place, user, departed(self.standing(place, user)), Cause(by=by))

    def grant_until(self, chat: int, user: int, until_date: int) -> None:
        """Make somebody a paying subscriber until that Unix time; the end of it produces no update."""
        place = self.place(chat)
        self._spare_owner(place, user)
        change(self, place, user, Member(status="member", until_date=until_date), Cause(by=user))

    def require_right(self, chat: Chat, by: int, right: str) -> None:
        """NotAllowed unless that person holds that administrator right."""
        if not self.standing(chat, by).may(right):
            raise NotAllowed(f"{by} lacks {right} in {chat.id}")

    def _spare_owner(self, chat: Chat, person: int) -> None:
        if self.standing(chat, person).status == "creator":
            raise NotAllowed("nothing is done to the owner")

    def _spare_admin(self, chat: Chat, person: int) -> None:
        if self.standing(chat, person).is_admin:
            raise NotAllowed("administrators are not restricted")

"""Coming and going, and asking to come."""

from __future__ import annotations

from gmbot.simulator.chats import Chat, Invite, JoinRequest
from gmbot.simulator.errors import NotAllowed
from gmbot.simulator.members import Wire
from gmbot.simulator.membership import Cause, change, departed, entered
from gmbot.simulator.moderation import Moderation


class Joining(Moderation):
    """What people do about being in a chat."""

    def join(self, user: int, chat: int, via_invite_link: str | None = None) -> None:
        """Enter a chat, or NotAllowed when banned or when an administrator has to approve."""
        place = self.place(chat)
        link = self._usable_link(place, via_invite_link)
        if place.join_by_request or (link is not None and link.creates_join_request):
            raise NotAllowed("this chat is entered by request")
        self.admit(place, user, Cause(by=user, link=link))

    def leave(self, user: int, chat: int) -> None:
        """Leave a chat; a restriction waits for the return."""
        place = self.place(chat)
        old = self.standing(place, user)
        if old.status == "creator":
            raise NotAllowed("the owner stays")
        if old.is_member:
            change(self, place, user, departed(old), Cause(by=user))

    def subscribe(self, user: int, channel: int, via_invite_link: str | None = None) -> None:
        """The same as join."""
        self.join(user, channel, via_invite_link)

    def unsubscribe(self, user: int, channel: int) -> None:
        """The same as leave."""
        self.leave(user, channel)

    def request_join(self, user: int, chat: int, via_invite_link: str | None = None) -> None:
        """Ask to be let in; bots with `can_invite_users` hear of it."""
        place = self.place(chat)
        link = self._usable_link(place, via_invite_link)
        old = self.standing(place, user)
        if old.status == "kicked" or old.is_member:
            raise NotAllowed(f"already {old.status}")
        request = JoinRequest(
            user=user, date=int(self.now()), link=None if link is None else link.link, queries={}
        )
        place.requests[user] = request
        for bot in sorted(place.bots):
            if self.standing(place, bot).may("can_invite_users"):
                self._open_private(user, bot)
                self.emit(bot, "chat_join_request", self._request_wire(place, request, bot))

    def admit(self, chat: Chat, user: int, cause: Cause) -> None:
        """Let a person in by that door, whatever it is."""
        old = self.standing(chat, user)
        if old.status == "kicked":
            raise NotAllowed("banned")
        chat.requests.pop(user, None)
        if old.is_member:
            return
        if cause.link is not None:
            cause.link.joined += 1
        change(self, chat, user, entered(old), cause)

    def approve(self, chat: int, user: int, by: int) -> None:
        """Have an administrator let a person in who asked."""
        place = self.place(chat)
        self.require_right(place, by, "can_invite_users")
        self.admit_requested(place, user, by)

    def decline(self, chat: int, user: int, by: int) -> None:
        """Have an administrator turn a person away who asked."""
        place = self.place(chat)
        self.require_right(place, by, "can_invite_users")
        place.requests.pop(user, None)

    def admit_requested(self, chat: Chat, user: int, by: int) -> None:
        """Turn a join request into a membership."""
        request = chat.requests.get(user)
        if request is None:
            raise NotAllowed(f"{user} did not ask")
        link = None if request.link is None else self.links[request.link]
        self.admit(chat, user, Cause(by=by, link=link, via_join_request=link is None))

    def _open_private(self, user: int, bot: int) -> None:
        """The bot may write to that user for a while."""
        oldest = self.now() - self.knobs.join_request_window_s
        fresh = [opening for opening in self.request_openings.get(user, ()) if opening[1] > oldest]
        self.request_openings[user] = [*fresh, (bot, self.now())]

    def _request_wire(self, chat: Chat, request: JoinRequest, bot: int) -> Wire:
        wire: Wire = {
            "chat": chat.wire,
            "from": self.user_wire(request.user),
            "user_chat_id": request.user,
            "date": request.date,
        }
        if request.link is not None:
            wire["invite_link"] = self.invite_object(self.links[request.link], bot)
        if self.bots[bot].profile["supports_join_request_queries"] is True:
            query = str(self.serial("join query", 9_000_001))
            request.queries[query] = bot
            wire["query_id"] = query
        return wire

    def _usable_link(self, chat: Chat, link: str | None) -> Invite | None:
        if link is None:
            return None
        invite = chat.invites.get(link)
        if invite is None or invite.is_revoked:
            raise NotAllowed("the invite link has expired")
        if invite.expire_date and invite.expire_date <= self.now():
            raise NotAllowed("the invite link has expired")
        if invite.member_limit and invite.joined >= invite.member_limit:
            raise NotAllowed("the invite link is used up")
        return invite

"""Setting the scene: people, bots, chats and what links them."""

from __future__ import annotations

from collections.abc import Iterable

from gmbot.simulator.chats import Chat, Invite, Topic, private_wire
from gmbot.simulator.errors import NotAllowed
from gmbot.simulator.ground import FIRST_CHANNEL_NUMBER, FIRST_GROUP_NUMBER, FIRST_USER_ID, Ground
from gmbot.simulator.mailbox import Mailbox
from gmbot.simulator.members import Member
from gmbot.simulator.people import ANONYMOUS_ADMIN, Bot, Person, user_wire
from gmbot.simulator.rights import GROUP_DEFAULTS, rights_for


class Scenery(Ground):
    """The world's furniture."""

    def add_user(
        self,
        first_name: str,
        *,
        username: str | None = None,
        last_name: str | None = None,
        language_code: str | None = None,
        is_premium: bool = False,
    ) -> int:
        """A new user's id."""
        user = self.serial("user", FIRST_USER_ID)
        wire = user_wire(
            user,
            first_name,
            username=username,
            last_name=last_name,
            language_code=language_code,
            is_premium=is_premium,
        )
        self.people[user] = Person(id=user, wire=wire)
        self._claim(username, user)
        return user

    def add_bot(
        self, token: str, username: str, first_name: str | None = None, *, guard: bool = False
    ) -> int:
        """A new bot's id, which is the number before the token's colon.

        `guard` bots are asked about join requests by a `query_id`.
        """
        number, _, secret = token.partition(":")
        if not number.isdigit() or not secret:
            raise NotAllowed("a token looks like 123:secret")
        bot = int(number)
        self.people[bot] = Person(
            id=bot, wire=user_wire(bot, first_name or username, is_bot=True, username=username)
        )
        mailbox = Mailbox(self.clock, first_id=self.random.randrange(1, 2**30), knobs=self.knobs)
        profile: dict[str, object] = {
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_guest_queries": False,
            "supports_inline_queries": False,
            "can_connect_to_business": False,
            "has_main_web_app": False,
            "has_topics_enabled": False,
            "allows_users_to_create_topics": False,
            "can_manage_bots": False,
            "supports_join_request_queries": guard,
        }
        self.register_bot(Bot(id=bot, token=token, username=username, mailbox=mailbox, profile=profile))
        self._claim(username, bot)
        return bot

    def create_group(self, owner: int, title: str) -> int:
        """A new basic group's id."""
        return self._found(
            owner, Chat(id=-self.serial("group", FIRST_GROUP_NUMBER), type="group", title=title)
        )

    def create_supergroup(
        self,
        owner: int,
        title: str,
        *,
        username: str | None = None,
        forum: bool = False,
        hidden_members: bool = False,
        join_by_request: bool = False,
    ) -> int:
        """A new supergroup's id."""
        chat = Chat(
            id=self._long_id(),
            type="supergroup",
            title=title,
            username=username,
            forum=forum,
            hidden_members=hidden_members,
            join_by_request=join_by_request,
        )
        return self._found(owner, chat)

    def create_channel(
        self, owner: int, title: str, *, username: str | None = None, join_by_request: bool = False
    ) -> int:
        """A new channel's id."""
        chat = Chat(
            id=self._long_id(),
            type="channel",
            title=title,
            username=username,
            join_by_request=join_by_request,
        )
        return self._found(owner, chat)

    def link_discussion(self, channel: int, group: int) -> None:
        """Make the supergroup the channel's discussion group; no update tells of it."""
        self.place(channel).linked = group
        self.place(group).linked = channel

    def unlink_discussion(self, channel: int) -> None:
        """Part a channel from its discussion group; no update tells of it."""
        place = self.place(channel)
        if place.linked is not None:
            self.place(place.linked).linked = None
        place.linked = None

    def destroy(self, chat: int) -> None:
        """Have the owner delete the chat; bots find out when they try to use it."""
        self.place(chat).deleted = True

    def set_default_permissions(self, chat: int, permissions: Iterable[str]) -> None:
        """Replace what members may do by default; no update tells of it."""
        self.place(chat).permissions = frozenset(permissions)

    def create_topic(self, chat: int, by: int, name: str) -> int:
        """A new forum topic's thread id."""
        place = self.place(chat)
        if not place.forum:
            raise NotAllowed("not a forum")
        made: dict[str, object] = {"name": name, "icon_color": 7_322_096}
        thread = place.last_message_id + 1
        self.announce(place, by, forum_topic_created=made, message_thread_id=thread, is_topic_message=True)
        place.topics[thread] = Topic(id=thread, name=name)
        return thread

    def deactivate(self, person: int) -> None:
        """That account is deleted by its owner."""
        self.person(person).deactivated = True

    def rename(self, chat: int, *, title: str | None = None, username: str | None = None) -> None:
        """Give a chat another title, or another public name ("" takes the name away)."""
        place = self.place(chat)
        place.title = title if title is not None else place.title
        if username is not None:
            self.usernames.pop((place.username or "").lower(), None)
            place.username = username or None
            self._claim(place.username, chat)
        place.refresh()

    def create_invite(self, chat: int, by: int, *, creates_join_request: bool = False) -> str:
        """A new invite link of a person's making."""
        return self.add_invite(self.place(chat), by, creates_join_request=creates_join_request).link

    def add_invite(
        self, chat: Chat, creator: int, *, creates_join_request: bool = False, is_primary: bool = False
    ) -> Invite:
        """Register a new invite link."""
        invite = Invite(
            link="https://t.me/+" + self.random_word(16),
            chat_id=chat.id,
            creator=creator,
            creates_join_request=creates_join_request,
            is_primary=is_primary,
        )
        chat.invites[invite.link] = self.links[invite.link] = invite
        return invite

    def dialogue_with(self, user: int, bot: int) -> Chat:
        """The private chat of that user and that bot, made when first asked for."""
        found = self.dialogues.get((bot, user))
        if found is None:
            found = Chat(id=user, type="private", wire=private_wire(self.user_wire(user)))
            found.bots.add(bot)
            found.known_to.add(bot)
            self.dialogues[bot, user] = found
        return found

    def migrate(self, group: int) -> int:
        """Upgrade a basic group; the new supergroup's id.

        Both service messages are sent, from whom the official server sends them.
        """
        old = self.place(group)
        if old.type != "group" or old.migrated_to is not None:
            raise NotAllowed("only a basic group can be upgraded, once")
        new = Chat(id=self._long_id(), type="supergroup", title=old.title, permissions=old.permissions)
        new.members, new.bots, new.known_to = dict(old.members), set(old.bots), set(old.known_to)
        self._register(new)
        owner = next(person for person, member in old.members.items() if member.status == "creator")
        self.announce(old, owner, migrate_to_chat_id=new.id)
        self.announce(new, ANONYMOUS_ADMIN, sender_chat=new.wire, migrate_from_chat_id=old.id)
        old.migrated_to = new.id
        return new.id

    def _found(self, owner: int, chat: Chat) -> int:
        self.person(owner)
        if not chat.is_channel:
            chat.permissions = GROUP_DEFAULTS
        self._register(chat)
        chat.members[owner] = _owner_of(chat)
        return chat.id

    def _register(self, chat: Chat) -> None:
        self._claim(chat.username, chat.id)
        chat.refresh()
        self.chats[chat.id] = chat

    def _long_id(self) -> int:
        return -(10**12) - self.serial("long chat", FIRST_CHANNEL_NUMBER)

    def _claim(self, username: str | None, holder: int) -> None:
        if username is None:
            return
        if self.usernames.setdefault(username.lower(), holder) != holder:
            raise NotAllowed(f"the name {username} is taken")


def _owner_of(chat: Chat) -> Member:
    return Member(status="creator", rights=frozenset(rights_for(chat.type)))

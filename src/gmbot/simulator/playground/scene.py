"""Who is played and where: an owner, admins, members and strangers; two groups and three channels."""

from __future__ import annotations

import msgspec

from gmbot.simulator.world import World

BOT_RIGHTS = ("can_restrict_members", "can_delete_messages", "can_invite_users")
CHANNEL_RIGHTS = ("can_post_messages", "can_invite_users", "can_restrict_members")


class Role(msgspec.Struct, frozen=True):
    """Somebody whom the player can be, and what they are in the story."""

    id: int
    name: str
    part: str


class Scene(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows, by id; the first of each is what a newcomer sees first."""

    bot: int
    roles: tuple[Role, ...]
    groups: tuple[int, ...]
    channels: tuple[int, ...]

    @property
    def owner(self) -> int:
        """Who owns every chat."""
        return self.roles[0].id

    def playing(self, part: str) -> int:
        """The first person with that part."""
        return next(role.id for role in self.roles if role.part == part)

    def role(self, person: int) -> Role | None:
        """That person's part, if they can be played."""
        return next((role for role in self.roles if role.id == person), None)


def furnish(world: World, bot: int) -> Scene:
    """Put the scene into a world and the bot, as an admin, into its chats; return who and what it is."""
    roles = _people(world)
    owner, admin, hidden, *members = (role.id for role in roles if role.part != "stranger")
    channels = _channels(world, owner, members)
    groups = (
        world.create_supergroup(owner, "Bookworms", username="bookworms_talk"),
        world.create_supergroup(owner, "Night Readers", join_by_request=True),
    )
    for group in groups:
        for person in (admin, hidden, *members):
            world.add_member(group, person, owner)
        world.promote(group, admin, owner)
        world.promote(group, hidden, owner, anonymous=True)
    _chatter(world, groups, (owner, *members))
    for channel in channels:
        world.add_bot_to_chat(channel, bot, owner, rights=CHANNEL_RIGHTS)
    for group in groups:
        world.add_bot_to_chat(group, bot, owner, rights=BOT_RIGHTS)
    return Scene(bot=bot, roles=roles, groups=groups, channels=channels)


def _people(world: World) -> tuple[Role, ...]:
    cast = (
        ("Olga", "owner"),
        ("Adam", "admin"),
        ("Nora", "anonymous admin"),
        ("Mila", "member"),
        ("Tom", "member"),
        ("Zoe", "stranger"),
        ("Kim", "stranger"),
    )
    return tuple(Role(world.add_user(name), name, part) for name, part in cast)


def _channels(world: World, owner: int, readers: list[int]) -> tuple[int, ...]:
    channels = (
        world.create_channel(owner, "Book News", username="book_news"),
        world.create_channel(owner, "Author Talks", username="author_talks"),
        world.create_channel(owner, "Rare Editions"),
    )
    posts = (
        "The spring list is out: forty new novels, and six that deserve a second life.",
        "Tonight at eight: a translator on the sentence that took her a month.",
        "A first edition turned up at a flea market. Pictures tomorrow.",
    )
    for channel, post in zip(channels, posts, strict=True):
        for reader in readers:
            world.subscribe(reader, channel)
        world.post(channel, post)
    return channels


def _chatter(world: World, groups: tuple[int, ...], people: tuple[int, ...]) -> None:
    owner, mila, tom = people
    first, second = groups
    world.say(mila, first, "Has anybody finished the lighthouse book?")
    world.say(tom, first, "Last night. The ending is worth the middle.")
    world.say(owner, first, "No spoilers, please! We talk about it on Sunday.")
    world.say(tom, second, "Anybody awake? Chapter nine is no bedtime story.")

"""A method's way to its chat and people: found, allowed, of the right type, with the right rights.

Methods check in the official server's order: arguments, chat lookup, chat access, chat type, member
lookup, rights.
"""

from __future__ import annotations

import msgspec

from gmbot.simulator.arguments import Arguments
from gmbot.simulator.chats import Chat
from gmbot.simulator.errors import ApiError, bad_request, forbidden, upgraded
from gmbot.simulator.members import Member
from gmbot.simulator.people import Bot
from gmbot.simulator.world import World

RESTRICTING = "not enough rights to restrict/unrestrict chat member"
LINKING = "not enough rights to manage chat invite link"


class Call(msgspec.Struct, frozen=True):
    """One method call by one bot."""

    world: World
    bot: Bot
    args: Arguments

    @property
    def now(self) -> float:
        """Unix time."""
        return self.world.now()

    def standing(self, chat: Chat, person: int | None = None) -> Member:
        """What somebody, or the bot itself, is in that chat."""
        return self.world.standing(chat, self.bot.id if person is None else person)

    def require(self, chat: Chat, right: str, refusal: str) -> None:
        """The bot holds that right in that chat, or a 400 with that text."""
        if not self.standing(chat).may(right):
            raise bad_request(refusal)


def readable_chat(call: Call, name: str = "chat_id") -> Chat:
    """The chat of an argument, when the bot may look at it: it is in it, or the chat is public."""
    chat = found_chat(call, name)
    if not chat.is_private:
        _check_access(call, chat, write=False)
    return chat


def writable_chat(call: Call, name: str = "chat_id") -> Chat:
    """The chat of an argument, when the bot may act in it."""
    chat = found_chat(call, name)
    if chat.is_private:
        _check_private(call, chat)
    else:
        _check_access(call, chat, write=True)
    return chat


def shared_chat(call: Call) -> Chat:
    """A writable group, supergroup or channel."""
    chat = writable_chat(call)
    if chat.is_private:
        raise bad_request("chat member status can't be changed in private chats")
    return chat


def found_chat(call: Call, name: str) -> Chat:
    """The chat that an argument names, by id or @username, whether the bot may use it or not."""
    reference = call.args.text(name).strip()
    if not reference:
        raise bad_request(f"{name} is empty")
    if reference.startswith("@"):
        chat_id = call.world.usernames.get(reference[1:].lower(), 0)
        chat = call.world.chats.get(chat_id)
    else:
        chat_id = call.args.integer(name)
        chat = _private_chat(call, chat_id) if chat_id > 0 else call.world.chats.get(chat_id)
    if chat is None or not (chat.is_private or chat.username or call.bot.id in chat.known_to):
        raise bad_request("chat not found")
    return chat


def target_person(call: Call, name: str = "user_id") -> int:
    """The id of an existing account, from an argument."""
    person = call.args.integer(name)
    if person <= 0:
        raise bad_request("invalid user_id specified")
    found = call.world.people.get(person)
    if found is None or found.deactivated:
        raise bad_request("user not found")
    return person


def spare_owner(call: Call, chat: Chat, person: int) -> Member:
    """The target's standing, unless it is the owner, to whom nothing is done."""
    standing = call.standing(chat, person)
    if standing.status == "creator":
        raise bad_request("can't remove chat owner")
    return standing


def _private_chat(call: Call, user: int) -> Chat | None:
    person = call.world.people.get(user)
    if person is None:
        return None
    return call.world.dialogue_with(user, call.bot.id)


def _check_private(call: Call, chat: Chat) -> None:
    person = call.world.people[chat.id]
    if person.is_bot:
        raise forbidden("bots can't send messages to bots")
    if person.deactivated:
        raise forbidden("user is deactivated")
    if chat.blocked:
        raise forbidden("bot was blocked by the user")
    if not chat.started and not _has_fresh_request(call, chat.id):
        raise forbidden("bot can't initiate conversation with a user")


def _has_fresh_request(call: Call, user: int) -> bool:
    """A join request opens the private chat for a few minutes to the bots that were told of it."""
    oldest = call.now - call.world.knobs.join_request_window_s
    return any(at > oldest and bot == call.bot.id for bot, at in call.world.request_openings.get(user, ()))


def _check_access(call: Call, chat: Chat, *, write: bool) -> None:
    refusal = _access_refusal(chat, call.standing(chat), write=write)
    if refusal is not None:
        raise refusal


def _access_refusal(chat: Chat, standing: Member, *, write: bool) -> ApiError | None:
    if chat.migrated_to is not None:
        return upgraded(chat.migrated_to)
    if chat.deleted:
        return forbidden("the group chat was deleted")
    if standing.status == "kicked":
        return forbidden(f"bot was kicked from the {chat.type} chat")
    if not standing.is_member and (write or chat.username is None):
        return forbidden(f"bot is not a member of the {chat.type} chat")
    return None

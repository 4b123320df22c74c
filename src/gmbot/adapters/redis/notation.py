"""How facts and news are written in Redis.

    verify:<bot>:<user>:<channel>  <era>:<fact as 26 hexadecimal digits>, gone after its time
    era:<bot>                      sixteen hexadecimal digits; facts of another era do not count
    news:<bot>                     the channel on which everything else that changed is told

A greater number is a better fact, so that Redis itself can keep an older one from replacing a newer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.membership import Membership
from gmbot.domain.packing import MEMBERSHIP_BITS, pack_membership, unpack_membership
from gmbot.gate.changes import Changes
from gmbot.gate.news import GroupsNews, MembershipNews, News, StandingNews

_DIGITS = MEMBERSHIP_BITS // 4
_GROUPS = "groups"
_STANDING = "standing"
_ERA = "era"

KEEP = """
local era = redis.call('GET', KEYS[1])
if not era then
  era = ARGV[1]
  redis.call('SET', KEYS[1], era)
end
if ARGV[2] == 'copy' and era ~= ARGV[1] then
  return 0
end
for i = 2, #KEYS do
  local fact, ttl_ms = ARGV[2 * i - 1], ARGV[2 * i]
  local kept = redis.call('GET', KEYS[i])
  if not kept or string.sub(kept, 1, #era) ~= era or string.sub(kept, #era + 2) < fact then
    redis.call('SET', KEYS[i], era .. ':' .. fact, 'PX', ttl_ms)
  end
end
return 1
"""
"""Keep facts that are newer than what is kept: the era's key and the facts' keys; our era, 'copy' or
'stored', and each fact with its milliseconds. A copy of what was read counts in the era of its reading
only; what was just stored counts in any."""

BEGIN = """
redis.call('SET', KEYS[1], ARGV[1])
redis.call('PUBLISH', KEYS[2], ARGV[2])
return 1
"""
"""Begin an era, and tell everybody."""


def prefix(bot: BotId) -> str:
    """Return what the keys of all of a bot's facts begin with."""
    return f"verify:{bot}:"


def fact_key(bot: BotId, user_id: UserId, channel_id: ChannelId) -> str:
    """Return the key of one fact."""
    return f"verify:{bot}:{user_id}:{channel_id}"


def era_key(bot: BotId) -> str:
    """Return the key of a bot's era."""
    return f"era:{bot}"


def news_channel(bot: BotId) -> str:
    """Return the channel of a bot's news."""
    return f"news:{bot}"


def digits(fact: Membership) -> str:
    """Return a fact as digits that compare as facts do."""
    return f"{pack_membership(fact):0{_DIGITS}x}"


def read_fact(value: bytes | None, era: bytes) -> Membership | None:
    """Return the fact of a value, or None if there is none, of this era, or it says to look elsewhere."""
    if value is None:
        return None
    told, _, number = value.partition(b":")
    if told != era or len(number) != _DIGITS:
        return None
    fact = unpack_membership(int(number, 16))
    return fact if fact.known else None


def era_news(era: str) -> str:
    """Return the message that an era began."""
    return f"{_ERA} {era}"


def messages_of(changes: Changes) -> Iterator[str]:
    """Yield the messages that changes make necessary, but for memberships."""
    if changes.of_groups:
        yield _GROUPS
    for seen in changes.standings:
        yield f"{_STANDING} {seen.group_id} {seen.user_id}"


def read_message(message: bytes) -> News | str | None:
    """Return the news of a message, or the era that it tells of, or None if it makes no sense."""
    words = message.decode(errors="replace").split()
    match words:
        case ["groups"]:
            return GroupsNews()
        case ["standing", group, user] if _whole(group, user):
            return StandingNews(GroupId(int(group)), UserId(int(user)))
        case ["era", era]:
            return era
        case _:
            return None


def read_key(key: bytes) -> tuple[BotId, MembershipNews] | None:
    """Return whose key changed, and what that means, or None if it is not ours."""
    words = key.decode(errors="replace").split(":")
    match words:
        case ["verify", bot, user, channel] if _whole(bot, user, channel):
            return BotId(int(bot)), MembershipNews(UserId(int(user)), ChannelId(int(channel)))
        case _:
            return None


def _whole(*words: str) -> bool:
    return all(word.removeprefix("-").isdecimal() for word in words)


def fact_keys(bot: BotId, user_id: UserId, channels: Sequence[ChannelId]) -> list[str]:
    """Return the key of the era and those of one person's facts."""
    return [era_key(bot), *(fact_key(bot, user_id, channel) for channel in channels)]

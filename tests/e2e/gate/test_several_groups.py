"""One person, several groups and channels: each group by its own rule, all of them at once."""

from __future__ import annotations

import msgspec
from tests.fixtures.mishaps import add_channel, lose_events, mutes
from tests.fixtures.stage import BOT_RIGHTS, Stage

from gmbot.domain.ids import ChannelId, UserId
from gmbot.domain.rule import Quorum, Rule
from gmbot.gate.changes import Changes
from gmbot.gate.unprotect_group import unprotect_group


async def second_group(stage: Stage, require: str) -> int:
    """Return another group of the owner's, guarded with these channels."""
    group = stage.world.create_supergroup(stage.owner, "Annex", username="annex")
    stage.world.add_bot_to_chat(group, stage.bot_id, stage.owner, rights=BOT_RIGHTS)
    await stage.rest()
    stage.world.say(stage.owner, group, f"/protect {require}")
    await stage.rest()
    return group


async def also_require(stage: Stage, *channels: int, quorum: Quorum = Quorum.ALL, count: int = 0) -> None:
    """Have the first group require more channels, all, any or some of them."""
    assert stage.work is not None
    bot = stage.work.bot
    group = bot.guarded.group(stage.group)
    assert group is not None
    wanted = (*group.rule.channels, *(ChannelId(channel) for channel in channels))
    known = [
        channel for place in (stage.channel, *channels) if (channel := bot.guarded.channel(place)) is not None
    ]
    ruled = msgspec.structs.replace(group, rule=Rule(wanted, quorum, count))
    await bot.ledger.write(Changes(groups=(ruled,), channels=tuple(known)))


async def require_all(stage: Stage, *names: str) -> list[int]:
    """Return new channels that the first group requires as well."""
    channels = [add_channel(stage, name) for name in names]
    await stage.rest()
    stage.world.say(stage.owner, stage.group, "/protect " + " ".join(f"@{name}" for name in names))
    await stage.rest()
    return channels


async def choose_rule(stage: Stage, quorum: Quorum, count: int = 0) -> None:
    """Change how many of its channels the first group requires."""
    await also_require(stage, quorum=quorum, count=count)


def muted_in(stage: Stage, user: int, group: int) -> bool:
    """Tell whether somebody cannot speak in a group."""
    return not stage.world.can_speak(user, group)


async def test_leaving_the_channel_holds_in_every_group_concerned(guarded: Stage) -> None:
    """At once, wherever the channel is required and the person is."""
    annex = await second_group(guarded, "@news")
    member = guarded.person("Mia", subscribed=True)
    guarded.world.join(member, annex)
    await guarded.rest()
    guarded.world.unsubscribe(member, guarded.channel)
    await guarded.rest()
    assert guarded.muted(member)
    assert muted_in(guarded, member, annex)


async def test_subscribing_frees_in_every_group_concerned(guarded: Stage) -> None:
    """One subscription, every voice back, and every prompt gone."""
    annex = await second_group(guarded, "@news")
    stranger = guarded.person("Sam")
    guarded.world.join(stranger, annex)
    await guarded.advance(10)
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    assert not guarded.muted(stranger)
    assert not muted_in(guarded, stranger, annex)
    assert guarded.prompts() == []


async def test_nobody_is_restricted_where_they_are_not(guarded: Stage) -> None:
    """Unsubscribing touches no group that the person is not in."""
    annex = await second_group(guarded, "@news")
    member = guarded.person("Mia", subscribed=True)
    await guarded.rest()
    guarded.world.unsubscribe(member, guarded.channel)
    await guarded.rest()
    assert guarded.calls("restrictChatMember", chat_id=annex) == []


async def test_two_groups_with_different_channels_do_not_mix(guarded: Stage) -> None:
    """What one requires does not count in the other."""
    sport = add_channel(guarded, "sport")
    annex = await second_group(guarded, "@sport")
    person = guarded.person("Pia", subscribed=True)
    guarded.world.join(person, annex)
    await guarded.rest()
    assert not guarded.muted(person)
    assert muted_in(guarded, person, annex)
    guarded.world.subscribe(person, sport)
    guarded.world.unsubscribe(person, guarded.channel)
    await guarded.rest()
    assert guarded.muted(person)
    assert not muted_in(guarded, person, annex)


async def test_a_hold_in_one_group_says_nothing_in_another(guarded: Stage) -> None:
    """Prompts appear where somebody is held."""
    annex = await second_group(guarded, "@news")
    guarded.person("Sam")
    await guarded.advance(10)
    assert len(guarded.prompts()) == 1
    assert not any("please join" in message.text for message in guarded.said(annex))


async def test_verify_frees_in_the_other_groups_too(guarded: Stage) -> None:
    """What a tap taught counts wherever the channel is required."""
    annex = await second_group(guarded, "@news")
    stranger = guarded.person("Sam")
    guarded.world.join(stranger, annex)
    await guarded.advance(10)
    lose_events(guarded, guarded.channel)
    guarded.world.subscribe(stranger, guarded.channel)
    guarded.tap(stranger, guarded.prompts()[0])
    await guarded.advance(10)
    assert not guarded.muted(stranger)
    assert not muted_in(guarded, stranger, annex)


async def test_all_of_two_channels_means_both(guarded: Stage) -> None:
    """One is not enough; leaving either holds again."""
    (sport,) = await require_all(guarded, "sport")
    person = guarded.person("Pia", subscribed=True)
    await guarded.rest()
    assert guarded.muted(person)
    guarded.world.subscribe(person, sport)
    await guarded.rest()
    assert not guarded.muted(person)
    guarded.world.unsubscribe(person, guarded.channel)
    await guarded.rest()
    assert guarded.muted(person)


async def test_any_of_two_channels_means_one(guarded: Stage) -> None:
    """Leaving one while in the other changes nothing; leaving both holds."""
    (sport,) = await require_all(guarded, "sport")
    await choose_rule(guarded, Quorum.ANY)
    person = guarded.person("Pia", subscribed=True)
    guarded.world.subscribe(person, sport)
    await guarded.rest()
    guarded.world.unsubscribe(person, guarded.channel)
    await guarded.rest()
    assert mutes(guarded, person) == 0
    guarded.world.unsubscribe(person, sport)
    await guarded.rest()
    assert guarded.muted(person)
    guarded.world.subscribe(person, guarded.channel)
    await guarded.rest()
    assert not guarded.muted(person)


async def test_two_of_three_channels_means_two(guarded: Stage) -> None:
    """k of n."""
    sport, art = await require_all(guarded, "sport", "arts")
    await choose_rule(guarded, Quorum.AT_LEAST, 2)
    person = guarded.person("Pia", subscribed=True)
    await guarded.rest()
    assert guarded.muted(person)
    guarded.world.subscribe(person, art)
    await guarded.rest()
    assert not guarded.muted(person)
    guarded.world.subscribe(person, sport)
    guarded.world.unsubscribe(person, guarded.channel)
    await guarded.rest()
    assert not guarded.muted(person)


async def test_one_of_two_channels_out_of_sight_leaves_the_other_to_count(guarded: Stage) -> None:
    """Whoever lacks only the invisible one is free; whoever lacks the other is held."""
    (sport,) = await require_all(guarded, "sport")
    reader, fan = guarded.person("Rita", subscribed=True), guarded.person("Fay", joined=False)
    guarded.world.subscribe(fan, sport)
    guarded.world.join(fan, guarded.group)
    await guarded.rest()
    assert [guarded.muted(reader), guarded.muted(fan)] == [True, True]
    guarded.world.demote(sport, guarded.bot_id, guarded.owner)
    await guarded.rest()
    assert [guarded.muted(reader), guarded.muted(fan)] == [False, True]


async def test_any_of_two_channels_with_one_out_of_sight_holds_nobody(guarded: Stage) -> None:
    """They might be in the one that cannot be seen."""
    (sport,) = await require_all(guarded, "sport")
    await choose_rule(guarded, Quorum.ANY)
    guarded.world.demote(sport, guarded.bot_id, guarded.owner)
    stranger = guarded.person("Sam")
    await guarded.rest()
    assert not guarded.muted(stranger)


async def test_a_channel_that_two_groups_require_is_reported_in_both(guarded: Stage) -> None:
    """Once each."""
    annex = await second_group(guarded, "@news")
    guarded.world.demote(guarded.channel, guarded.bot_id, guarded.owner)
    await guarded.rest()
    told = [
        sum("can no longer see" in m.text for m in guarded.said(group)) for group in (guarded.group, annex)
    ]
    assert told == [1, 1]


async def test_a_guarded_group_may_be_required_itself(guarded: Stage) -> None:
    """Members of the annex, held there or not, may speak in the group; leaving it holds them."""
    annex = await second_group(guarded, "@news")
    guarded.world.say(guarded.owner, guarded.group, "/protect @annex")
    await guarded.rest()
    person = guarded.person("Pia", subscribed=True, joined=False)
    guarded.world.join(person, annex)
    guarded.world.join(person, guarded.group)
    await guarded.rest()
    assert not guarded.muted(person)
    guarded.world.leave(person, annex)
    await guarded.rest()
    assert guarded.muted(person)
    guarded.world.join(person, annex)
    await guarded.rest()
    assert not guarded.muted(person)


async def test_a_hold_in_the_required_group_is_no_departure_from_it(guarded: Stage) -> None:
    """Muted in the annex, the person is still a member of it."""
    sport = add_channel(guarded, "sport")
    annex = await second_group(guarded, "@sport")
    guarded.world.say(guarded.owner, guarded.group, "/protect @annex")
    await guarded.rest()
    person = guarded.person("Pia", subscribed=True, joined=False)
    guarded.world.subscribe(person, sport)
    guarded.world.join(person, annex)
    guarded.world.join(person, guarded.group)
    await guarded.rest()
    guarded.world.unsubscribe(person, sport)
    await guarded.rest()
    assert muted_in(guarded, person, annex)
    assert not guarded.muted(person)


async def test_two_groups_that_require_each_other_can_still_be_joined(guarded: Stage) -> None:
    """Whoever is in both is free in both, in whatever order they came."""
    annex = await second_group(guarded, "@the_group")
    guarded.world.say(guarded.owner, guarded.group, "/protect @annex")
    await guarded.rest()
    person = guarded.person("Pia", subscribed=True)
    await guarded.advance(5)
    assert guarded.muted(person)
    guarded.world.join(person, annex)
    await guarded.advance(5)
    assert not guarded.muted(person)
    assert not muted_in(guarded, person, annex)


async def test_losing_the_rights_in_one_group_pauses_that_one_alone(guarded: Stage) -> None:
    """The other goes on."""
    annex = await second_group(guarded, "@news")
    guarded.world.demote(guarded.group, guarded.bot_id, guarded.owner)
    await guarded.rest()
    stranger = guarded.person("Sam")
    guarded.world.join(stranger, annex)
    await guarded.rest()
    assert not guarded.muted(stranger)
    assert muted_in(guarded, stranger, annex)


async def test_unprotecting_one_group_frees_nobody_in_the_other(guarded: Stage) -> None:
    """Each group's rule is its own."""
    annex = await second_group(guarded, "@news")
    stranger = guarded.person("Sam")
    guarded.world.join(stranger, annex)
    await guarded.advance(10)
    assert guarded.work is not None
    bot = guarded.work.bot
    group = bot.guarded.group(guarded.group)
    assert group is not None
    await bot.ledger.write(unprotect_group(bot, group, UserId(guarded.owner)))
    await guarded.rest()
    assert not guarded.muted(stranger)
    assert muted_in(guarded, stranger, annex)

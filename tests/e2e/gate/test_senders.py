"""SEMANTICS, senders that are not plain users: who is judged, who is not, and where they are told."""

from __future__ import annotations

from collections.abc import AsyncIterator

import msgspec
import pytest
import pytest_asyncio
from tests.fixtures.mishaps import lose_events
from tests.fixtures.stage import Stage, raised_stage

from gmbot.domain.group import ChannelSenders, GroupSettings
from gmbot.gate.changes import Changes
from gmbot.simulator.chats import Message
from gmbot.simulator.people import ANONYMOUS_ADMIN, CHANNEL_SENDER, TELEGRAM


@pytest_asyncio.fixture
async def forum() -> AsyncIterator[Stage]:
    """Yield a stage whose guarded group is a forum."""
    async with raised_stage(forum=True) as raised:
        await raised.protect()
        yield raised


def there(stage: Stage, message: Message) -> bool:
    """Tell whether a message is still to be seen."""
    return stage.world.message(message.chat_id, message.id) is not None


async def unseen(stage: Stage, name: str = "Sam") -> int:
    """Return somebody who joined before GMBot looked: they are judged when they write."""
    lost = lose_events(stage, stage.group)
    person = stage.person(name)
    await stage.rest()
    stage.simulator.faults.remove(lost)
    return person


async def set_policy(stage: Stage, policy: ChannelSenders) -> None:
    """Choose what happens to people who write as a channel."""
    assert stage.work is not None
    bot = stage.work.bot
    chosen = GroupSettings(channel_senders=policy)
    group = msgspec.structs.replace(bot.guarded.groups[0], settings=chosen)
    await bot.ledger.write(Changes(groups=(group,)))


def writes_as_own_channel(stage: Stage) -> tuple[int, Message]:
    """Return a channel that is not linked, and what its owner wrote in its name."""
    writer = stage.world.add_user("Walt")
    channel = stage.world.create_channel(writer, "Ads", username="ads")
    stage.world.join(writer, stage.group)
    return channel, stage.world.say(writer, stage.group, "buy", sender_chat=channel)


def protected_accounts(stage: Stage) -> list[object]:
    """Return the calls that name an account that stands for others: there must be none."""
    accounts = {ANONYMOUS_ADMIN, CHANNEL_SENDER, TELEGRAM}
    return [call for call in stage.simulator.calls if call.arguments.get("user_id") in accounts]


async def test_an_anonymous_admin_is_never_judged(guarded: Stage) -> None:
    """GroupAnonymousBot writing as the group itself is one of its admins."""
    message = guarded.world.say(guarded.owner, guarded.group, anonymous=True)
    await guarded.rest()
    assert there(guarded, message)
    assert protected_accounts(guarded) == []


async def test_posts_of_the_linked_channel_are_never_moderated(guarded: Stage) -> None:
    """777000 with `is_automatic_forward`, whether linked before or after the group was protected."""
    guarded.world.link_discussion(guarded.channel, guarded.group)
    guarded.world.post(guarded.channel, "first")
    await guarded.rest()
    assert [m.text for m in guarded.world.messages(guarded.group)].count("first") == 1
    assert protected_accounts(guarded) == []


async def test_a_channel_that_was_linked_later_may_write_once_it_has_posted(guarded: Stage) -> None:
    """No update tells of a new link; its automatic forwards do."""
    press = guarded.world.create_channel(guarded.owner, "Press", username="press")
    guarded.world.link_discussion(press, guarded.group)
    guarded.world.post(press, "first")
    await guarded.rest()
    message = guarded.world.say(guarded.owner, guarded.group, sender_chat=press)
    await guarded.rest()
    assert there(guarded, message)


async def test_by_default_only_the_linked_channel_may_write_as_a_channel(guarded: Stage) -> None:
    """There is no user to check: what others write in a channel's name goes, and nobody is restricted."""
    _, message = writes_as_own_channel(guarded)
    await guarded.rest()
    assert not there(guarded, message)
    assert guarded.calls("banChatSenderChat") == []
    assert protected_accounts(guarded) == []


async def test_the_linked_channel_may_write(stage: Stage) -> None:
    """Its own discussion group is its home."""
    stage.world.link_discussion(stage.channel, stage.group)
    await stage.protect()
    message = stage.world.say(stage.owner, stage.group, sender_chat=stage.channel)
    await stage.rest()
    assert there(stage, message)


async def test_a_required_channel_may_write(guarded: Stage) -> None:
    """It is subscribed to itself, so to speak."""
    message = guarded.world.say(guarded.owner, guarded.group, sender_chat=guarded.channel)
    await guarded.rest()
    assert there(guarded, message)


async def test_every_channel_may_write_where_that_is_allowed(guarded: Stage) -> None:
    """Policy: allow all."""
    await set_policy(guarded, ChannelSenders.ALLOW_ALL)
    _, message = writes_as_own_channel(guarded)
    await guarded.rest()
    assert there(guarded, message)


async def test_channels_are_banned_where_that_is_wanted(guarded: Stage) -> None:
    """Policy: block. The message goes, and the channel may not write again."""
    await set_policy(guarded, ChannelSenders.BLOCK)
    channel, message = writes_as_own_channel(guarded)
    await guarded.rest()
    assert not there(guarded, message)
    assert [c.arguments["sender_chat_id"] for c in guarded.calls("banChatSenderChat")] == [channel]
    assert protected_accounts(guarded) == []


@pytest.mark.parametrize("policy", [ChannelSenders.LINKED_ONLY, ChannelSenders.BLOCK])
async def test_an_edit_in_a_channels_name_is_judged_too(guarded: Stage, policy: ChannelSenders) -> None:
    """What was written before the policy may not be rewritten after it."""
    await set_policy(guarded, ChannelSenders.ALLOW_ALL)
    _, message = writes_as_own_channel(guarded)
    await guarded.rest()
    await set_policy(guarded, policy)
    guarded.world.edit(message.author, guarded.group, message.id, "buy more")
    await guarded.rest()
    assert not there(guarded, message)


async def test_bots_are_never_gated(guarded: Stage) -> None:
    """Neither when they join nor when an admin takes them into the channel and out again."""
    other = guarded.world.add_bot("777:other", "other_bot")
    guarded.world.add_bot_to_chat(guarded.group, other, guarded.owner, rights=None)
    guarded.world.add_bot_to_chat(guarded.channel, other, guarded.owner)
    await guarded.rest()
    guarded.world.kick(guarded.channel, other, guarded.owner)
    await guarded.rest()
    assert guarded.calls("restrictChatMember") == []
    assert guarded.calls("getChatMember", user_id=other) == []


async def test_a_commenter_who_never_joined_is_held(stage: Stage) -> None:
    """In a discussion group people write without joining: `from` is `left`, and enforceable."""
    stage.world.link_discussion(stage.channel, stage.group)
    await stage.protect()
    commenter = stage.person("Cora", joined=False)
    message = stage.world.say(commenter, stage.group)
    await stage.rest()
    assert not there(stage, message)
    assert stage.muted(commenter)
    assert len(stage.prompts()) == 1


async def test_a_commenter_who_subscribes_is_free(stage: Stage) -> None:
    """Although they are not even in the group."""
    stage.world.link_discussion(stage.channel, stage.group)
    await stage.protect()
    commenter = stage.person("Cora", joined=False)
    stage.world.say(commenter, stage.group)
    await stage.advance(10)
    stage.world.subscribe(commenter, stage.channel)
    await stage.rest()
    assert not stage.muted(commenter)
    assert stage.prompts() == []


async def test_a_commenter_who_is_subscribed_writes_in_peace(stage: Stage) -> None:
    """Subscribed but not in the group: that is what comments are for."""
    stage.world.link_discussion(stage.channel, stage.group)
    await stage.protect()
    reader = stage.person("Rita", subscribed=True, joined=False)
    message = stage.world.say(reader, stage.group)
    await stage.rest()
    assert there(stage, message)


async def test_a_prompt_appears_in_the_topic_of_the_message(forum: Stage) -> None:
    """Whoever writes in a topic is told there."""
    topic = forum.world.create_topic(forum.group, forum.owner, "Cats")
    stranger = await unseen(forum)
    forum.world.say(stranger, forum.group, thread_id=topic)
    await forum.rest()
    assert [prompt.thread_id for prompt in forum.prompts()] == [topic]


async def test_a_prompt_for_general_names_no_topic(forum: Stage) -> None:
    """General has no `message_thread_id`, and Telegram does not find it by 1."""
    stranger = await unseen(forum)
    forum.world.say(stranger, forum.group)
    await forum.rest()
    assert len(forum.prompts()) == 1
    sent = forum.calls("sendMessage", chat_id=forum.group)[-1]
    assert "message_thread_id" not in sent.arguments


async def test_people_held_in_two_topics_are_told_in_both(forum: Stage) -> None:
    """One prompt a topic."""
    topics = [forum.world.create_topic(forum.group, forum.owner, name) for name in ("Cats", "Dogs")]
    people = [await unseen(forum, name) for name in ("Sam", "Tom")]
    for person, topic in zip(people, topics, strict=True):
        forum.world.say(person, forum.group, thread_id=topic)
    await forum.advance(10)
    assert sorted(prompt.thread_id or 0 for prompt in forum.prompts()) == topics


async def test_a_reply_outside_of_a_forum_is_in_no_topic(guarded: Stage) -> None:
    """Its `message_thread_id` is the message that it answers, where nothing can be sent."""
    first = guarded.world.say(guarded.owner, guarded.group)
    stranger = await unseen(guarded)
    guarded.world.say(stranger, guarded.group, reply_to=first.id)
    await guarded.rest()
    assert len(guarded.prompts()) == 1
    assert "message_thread_id" not in guarded.calls("sendMessage", chat_id=guarded.group)[-1].arguments


async def test_an_album_is_deleted_whole_and_prompts_once(guarded: Stage) -> None:
    """Each of its messages is one of its own, with one `media_group_id`."""
    stranger = await unseen(guarded)
    album = [guarded.world.say(stranger, guarded.group, photo=True, media_group_id="1") for _ in range(10)]
    await guarded.advance(10)
    assert not any(there(guarded, message) for message in album)
    assert len(guarded.prompts()) == 1
    assert len(guarded.calls("restrictChatMember", user_id=stranger)) == 1


async def test_an_edited_message_counts(stage: Stage) -> None:
    """Writing something harmless first and editing it later is no way round."""
    early = stage.person("Eve")
    message = stage.world.say(early, stage.group)
    await stage.rest()
    await stage.protect()
    stage.world.edit(early, stage.group, message.id, "buy")
    await stage.rest()
    assert not there(stage, message)
    assert stage.muted(early)


async def test_a_subscribers_edit_stays(guarded: Stage) -> None:
    """Nothing at all happens to it."""
    member = guarded.person("Mia", subscribed=True)
    message = guarded.world.say(member, guarded.group)
    guarded.world.edit(member, guarded.group, message.id, "hello again")
    await guarded.rest()
    assert there(guarded, message)
    assert guarded.calls("restrictChatMember") == []


async def test_a_message_through_an_inline_bot_is_its_authors(guarded: Stage) -> None:
    """`via_bot` excuses nobody."""
    other = guarded.world.add_bot("777:other", "other_bot")
    stranger = await unseen(guarded)
    message = guarded.world.say(stranger, guarded.group, via_bot=other)
    await guarded.rest()
    assert not there(guarded, message)
    assert guarded.muted(stranger)


@pytest.mark.parametrize("content", [{"dice": {"emoji": "🎲", "value": 3}}, {"poll": {"id": "1"}}, {"x": 1}])
async def test_whatever_people_send_counts(guarded: Stage, content: dict[str, object]) -> None:
    """Stickers, dice, polls, and kinds that this version does not know."""
    stranger = await unseen(guarded)
    message = guarded.world.say(stranger, guarded.group, content=content)
    await guarded.rest()
    assert not there(guarded, message)


@pytest.mark.parametrize(
    "kind",
    ["business_message", "guest_message", "edited_business_message", "poll", "managed_bot", "subscription"],
)
async def test_other_conversations_are_ignored(guarded: Stage, kind: str) -> None:
    """Business and guest messages are no messages of the group; they are acknowledged and forgotten."""
    stranger = await unseen(guarded)
    mailbox = guarded.world.bots[guarded.bot_id].mailbox
    mailbox.allowed |= {kind}
    message = guarded.world.say(guarded.owner, guarded.group).wire
    mailbox.push(kind, message | {"from": guarded.world.user_wire(stranger)})
    await guarded.rest()
    assert len(mailbox) == 0
    assert guarded.calls("restrictChatMember") == []


async def test_a_request_to_join_is_ignored_in_this_version(guarded: Stage) -> None:
    """Neither approved nor declined: the group's admins decide as before."""
    asker = guarded.person("Ask", joined=False)
    guarded.world.request_join(asker, guarded.group)
    await guarded.rest()
    assert guarded.calls("approveChatJoinRequest") == guarded.calls("declineChatJoinRequest") == []
    guarded.world.approve(guarded.group, asker, guarded.owner)
    await guarded.rest()
    assert guarded.muted(asker)

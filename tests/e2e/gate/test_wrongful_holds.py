"""A hold that was wrong is noticed: news came late, and prove that its person had qualified before."""

from __future__ import annotations

from tests.fixtures.stage import Stage

from gmbot.domain.ids import UpdateId, UserId
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.standing import Standing, Status
from gmbot.gate.events import HoldEnded
from gmbot.gate.incoming import Chat, ChatKind, MemberChanged, Person
from gmbot.simulator import Fault, FaultKind

LEFT = Standing(Status.LEFT, present=False)


def endings(stage: Stage) -> list[HoldEnded]:
    """Return how holds ended."""
    return [event for event in stage.events if isinstance(event, HoldEnded)]


async def known_to_be_out(stage: Stage) -> int:
    """Return somebody who was a subscriber until a moment ago, which GMBot has heard."""
    person = stage.person("Eve", subscribed=True, joined=False)
    await stage.rest()
    stage.world.unsubscribe(person, stage.channel)
    await stage.rest()
    return person


async def hear_late(stage: Stage, user: int, at: int) -> None:
    """Have GMBot hear now of a subscription of long ago."""
    update, who = UpdateId(1_000_000), Person(UserId(user), "Eve")
    new = Standing(Status.MEMBER, stamp=Stamp(at, Source.EVENT, update))
    channel = Chat(stage.channel, ChatKind.CHANNEL, "News & more", "news")
    news = MemberChanged(update_id=update, at=at, chat=channel, actor=who, person=who, old=LEFT, new=new)
    assert stage.work is not None
    await stage.work.dispatcher.handle(news)
    await stage.rest()


async def test_late_news_of_a_subscription_make_a_hold_wrongful(guarded: Stage) -> None:
    """They subscribed, then joined the group; the second was heard at once, the first ten seconds later."""
    person = await known_to_be_out(guarded)
    lost = Fault(kind=FaultKind.DROP_UPDATE, update="chat_member", chat=guarded.channel, times=1)
    guarded.simulator.faults.add(lost)
    await guarded.clock.advance(2)
    guarded.world.subscribe(person, guarded.channel)
    subscribed_at = int(guarded.clock.now())
    await guarded.clock.advance(3)
    guarded.world.join(person, guarded.group)
    await guarded.advance(10)
    assert guarded.muted(person)
    await hear_late(guarded, person, subscribed_at)
    assert not guarded.muted(person)
    assert [end.wrongful for end in endings(guarded)] == [True]


async def test_subscribing_because_of_the_hold_makes_it_right(guarded: Stage) -> None:
    """The common case: told what to join, and joined."""
    person = await known_to_be_out(guarded)
    guarded.world.join(person, guarded.group)
    await guarded.rest()
    await guarded.advance(10)
    guarded.world.subscribe(person, guarded.channel)
    await guarded.rest()
    assert [end.wrongful for end in endings(guarded)] == [False]

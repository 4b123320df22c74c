"""Several write to one hold at the same moment: whoever settles, tells and follows."""

from __future__ import annotations

from tests.fixtures.mishaps import held, mend, slow
from tests.fixtures.stage import Stage

from gmbot.domain.hold import Hold
from gmbot.domain.ids import UpdateId, UserId
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.standing import Standing, Status
from gmbot.gate.incoming import Chat, ChatKind, MemberChanged, Person


async def test_a_release_counts_whoever_writes_to_the_hold_meanwhile(guarded: Stage) -> None:
    """Who leaves the channel while they are being freed is held again, though they say nothing."""
    person = guarded.person("Sam")
    await guarded.rest()
    guarded.outage.rivals = 1
    slow(guarded, "restrictChatMember", 0.2)
    guarded.world.subscribe(person, guarded.channel)
    await guarded.rest()
    guarded.world.unsubscribe(person, guarded.channel)
    await guarded.rest()
    await guarded.advance(0.4)
    mend(guarded)
    await guarded.rest()
    assert guarded.outage.rivals == 0
    hold = await guarded.hold_of(person)
    assert isinstance(hold, Hold)
    assert hold.active is guarded.muted(person)


async def test_a_message_is_remembered_whoever_writes_to_the_hold_meanwhile(guarded: Stage) -> None:
    """Who leaves at the moment in which they are told what to join: the message goes."""
    guarded.outage.rivals = 1
    guarded.person("Sam")
    await guarded.rest()
    assert guarded.outage.rivals == 0
    assert guarded.calls("sendMessage")
    assert guarded.prompts() == []


async def test_an_admins_mute_that_races_with_giving_back_an_earlier_one_is_given_back(
    guarded: Stage,
) -> None:
    """What our call put in its place is no new decision of an admin's, though it was one before the hold."""
    stranger = guarded.person("Sam", joined=False)
    guarded.world.join(stranger, guarded.group)
    until = int(guarded.clock.now()) + 86_400
    guarded.world.mute(guarded.group, stranger, guarded.owner, until, ["can_send_messages"])
    await guarded.rest()
    slow(guarded, "restrictChatMember")
    guarded.world.subscribe(stranger, guarded.channel)
    await guarded.rest()
    guarded.world.mute(guarded.group, stranger, guarded.owner)
    await guarded.advance(5)
    mend(guarded)
    await guarded.advance(30)
    assert guarded.muted(stranger)


async def test_a_departure_from_before_a_pardon_does_not_end_it(guarded: Stage) -> None:
    """A webhook's updates may come in any order: what an admin freed stays free."""
    person = await held(guarded)
    left_at = int(guarded.clock.now())
    await guarded.advance(10)
    guarded.world.unmute(guarded.group, person, guarded.owner)
    await guarded.rest()
    chat, who = Chat(guarded.group, ChatKind.SUPERGROUP), Person(UserId(person), "Sam")
    old = Standing(Status.RESTRICTED, Stamp(left_at, Source.EVENT))
    new = Standing(Status.LEFT, Stamp(left_at, Source.EVENT), present=False)
    late = MemberChanged(
        update_id=UpdateId(10**9), at=left_at, chat=chat, actor=who, person=who, old=old, new=new
    )
    assert guarded.work is not None
    await guarded.work.dispatcher.handle(late)
    await guarded.advance(10)
    assert not guarded.muted(person)

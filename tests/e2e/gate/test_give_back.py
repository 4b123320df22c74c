"""What a call of GMBot's overwrote is given back, unless an admin has decided otherwise since."""

from __future__ import annotations

from tests.fixtures.mishaps import SILENCE, as_the_bot, fail, held, lose_events, mend, slow
from tests.fixtures.stage import Stage

from gmbot.domain.hold import Hold
from gmbot.domain.membership import Source, Stamp
from gmbot.domain.standing import MUTED, Restriction, Standing, Status
from gmbot.gate.changes import Changes, LearntStanding
from gmbot.gate.intents import Restore
from gmbot.simulator import FaultKind

LATER_S = 3_600


async def crossed_by_a_mute(stage: Stage) -> int:
    """Return somebody whom an admin muted while GMBot's own call was under way; giving it back fails."""
    slow(stage, "restrictChatMember", 2.0)
    sam = stage.person("Sam")
    await stage.rest()
    stage.world.mute(stage.group, sam, stage.owner)
    await stage.rest()
    mend(stage)
    fail(stage, FaultKind.SERVER_ERROR, "restrictChatMember")
    await stage.advance(5)
    return sam


async def un_banned_by_us(stage: Stage) -> int:
    """Return somebody whom an admin banned before a late call of GMBot's; giving it back fails."""
    sam = await held(stage)
    hold = await stage.hold_of(sam)
    assert isinstance(hold, Hold)
    fail(stage, FaultKind.SERVER_ERROR, "banChatMember")
    stage.world.ban(stage.group, sam, stage.owner, until_date=int(stage.clock.now()) + LATER_S)
    as_the_bot(stage, "restrictChatMember", user_id=sam, permissions=SILENCE, until_date=hold.until)
    await stage.advance(5)
    assert stage.world.member(stage.group, sam).status != "kicked"
    return sam


async def given_back(stage: Stage) -> None:
    """Have what just happened be heard, then Telegram well again, for long enough."""
    await stage.rest()
    mend(stage)
    await stage.advance(120)


async def test_an_admins_mute_is_given_back(guarded: Stage) -> None:
    """As soon as Telegram does it."""
    sam = await crossed_by_a_mute(guarded)
    await given_back(guarded)
    assert guarded.world.member(guarded.group, sam).until_date == 0
    assert guarded.muted(sam)


async def test_whom_an_admin_freed_since_is_not_muted(guarded: Stage) -> None:
    """An admin's last word counts, and theirs was to let them speak."""
    sam = await crossed_by_a_mute(guarded)
    guarded.world.subscribe(sam, guarded.channel)
    guarded.world.unmute(guarded.group, sam, guarded.owner)
    await given_back(guarded)
    assert not guarded.muted(sam)


async def test_whom_an_admin_freed_unheard_is_not_muted(guarded: Stage) -> None:
    """No event tells who freed them: after a while it is taken for an admin's doing."""
    sam = await crossed_by_a_mute(guarded)
    guarded.world.subscribe(sam, guarded.channel)
    lose_events(guarded, guarded.group)
    guarded.world.unmute(guarded.group, sam, guarded.owner)
    mend(guarded)
    await guarded.advance(LATER_S)
    assert not guarded.muted(sam)


async def test_our_own_release_is_no_admins_word(guarded: Stage) -> None:
    """Late news tell that our call had replaced a mute; they were freed since, as subscribers are."""
    sam = await held(guarded)
    guarded.world.subscribe(sam, guarded.channel)
    await guarded.advance(10)
    hold = await guarded.hold_of(sam)
    assert isinstance(hold, Hold)
    assert guarded.work is not None
    looked = Standing(Status.MEMBER, Stamp(int(guarded.clock.now()), Source.QUESTION))
    seen = LearntStanding(hold.group_id, hold.user_id, looked)
    muted = Restriction(MUTED)
    lost = Restore(hold.group_id, hold.user_id, banned=False, restriction=muted, instead=hold.restriction)
    owed = guarded.work.bot.ledger.owe(lost)
    assert await guarded.work.bot.ledger.write(Changes(standings=(seen,), owed=(owed,)))
    await guarded.advance(LATER_S)
    assert guarded.muted(sam)


async def test_a_ban_is_given_back(guarded: Stage) -> None:
    """Our call has un-banned them."""
    sam = await un_banned_by_us(guarded)
    await given_back(guarded)
    assert guarded.world.member(guarded.group, sam).status == "kicked"


async def test_a_later_ban_is_not_shortened(guarded: Stage) -> None:
    """An admin has banned them anew, for ever."""
    sam = await un_banned_by_us(guarded)
    guarded.world.ban(guarded.group, sam, guarded.owner)
    await given_back(guarded)
    now = guarded.world.member(guarded.group, sam)
    assert (now.status, now.until_date) == ("kicked", 0)


async def test_whom_an_admin_let_in_since_is_not_banned(guarded: Stage) -> None:
    """They stay muted until they are subscribed, like anybody."""
    sam = await un_banned_by_us(guarded)
    guarded.world.add_member(guarded.group, sam, guarded.owner)
    await given_back(guarded)
    assert guarded.world.member(guarded.group, sam).status == "restricted"
    assert guarded.muted(sam)


async def test_who_came_back_by_themselves_is_banned_again(guarded: Stage) -> None:
    """Our call has opened the door, not an admin."""
    sam = await un_banned_by_us(guarded)
    guarded.world.join(sam, guarded.group)
    await given_back(guarded)
    assert guarded.world.member(guarded.group, sam).status == "kicked"

"""Several write to one hold at the same moment: whoever settles, tells and follows."""

from __future__ import annotations

from tests.fixtures.mishaps import mend, slow
from tests.fixtures.stage import Stage

from gmbot.domain.hold import Hold


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

"""An update that we mishandle is tried again, set aside and told of; everybody else is served."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.fixtures.stage import Stage, raised_stage

from gmbot.adapters.sql.gathering import Spoilt
from gmbot.gate.changes import SetAside
from gmbot.gate.events import Retried, Unforeseen, UpdateHandled, UpdateSetAside
from gmbot.gate.set_aside import PAUSES_A_MINUTE, TRIES
from gmbot.simulator import Fault, FaultKind


@pytest_asyncio.fixture(params=["polling", "webhook"])
async def door(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """A guarded group, with updates coming in either way."""
    async with raised_stage(webhook=request.param == "webhook") as stage:
        await stage.protect()
        yield stage


async def kept(stage: Stage) -> list[SetAside]:
    """What is kept for an operator."""
    assert stage.work is not None
    return list(await stage.work.bot.store.set_aside(1000))


def told(stage: Stage) -> list[UpdateSetAside]:
    """What an operator is told."""
    return [event for event in stage.events if isinstance(event, UpdateSetAside)]


def outcomes(stage: Stage, kind: str) -> list[str]:
    """What came of the updates of a kind."""
    return [
        event.outcome for event in stage.events if isinstance(event, UpdateHandled) and event.kind == kind
    ]


def cursed_person(stage: Stage, name: str = "Eve Adams") -> int:
    """Somebody whose updates make GMBot fail."""
    user = stage.person(name, joined=False)
    stage.outage.cursed.add(user)
    return user


async def test_an_update_that_always_fails_is_tried_and_then_set_aside(door: Stage) -> None:
    """Once: with what it was, what went wrong and where, and how often it was tried."""
    door.world.join(cursed_person(door), door.group)
    await tried(door)
    (one,) = await kept(door)
    assert (one.kind, one.error, one.tries) == ("chat_member", "KeyError", TRIES)
    assert one.place.startswith("outages.py:")
    assert [(event.kind, event.tries) for event in told(door)] == [("chat_member", TRIES)]
    assert outcomes(door, "chat_member")[-1] == "set_aside"
    assert sum(event == Retried("update") for event in door.events) == TRIES - 1


async def test_an_update_that_no_database_would_take_is_set_aside_too(door: Stage) -> None:
    """It fails like an outage, but would fail for ever, and all behind it would wait as long."""
    door.outage.curse = Spoilt
    door.world.join(cursed_person(door), door.group)
    await tried(door)
    assert [(one.error, one.tries) for one in await kept(door)] == [("Spoilt", TRIES)]
    assert pending(door) == 0


async def test_what_is_kept_says_nothing_about_anybody(door: Stage) -> None:
    """Neither names nor ids of people, only the group's."""
    user = cursed_person(door)
    door.world.join(user, door.group)
    await tried(door)
    (one,) = await kept(door)
    assert str(door.group) in one.payload
    assert "Eve" not in one.payload
    assert str(user) not in one.payload


async def test_it_is_confirmed_and_comes_no_more(door: Stage) -> None:
    """Telegram keeps nothing, and nothing more is done about it."""
    door.world.join(cursed_person(door), door.group)
    await tried(door)
    assert len(door.world.bots[door.bot_id].mailbox) == 0
    await door.advance(300)
    assert len(told(door)) == 1


async def test_an_update_that_fails_once_is_dealt_with(door: Stage) -> None:
    """A race is over at the second try: nothing is lost and nobody is woken."""
    user = cursed_person(door)
    door.world.join(user, door.group)
    await door.rest()
    door.outage.cursed.clear()
    await tried(door)
    assert door.muted(user)
    assert await kept(door) == []


async def test_everybody_else_is_served_meanwhile(door: Stage) -> None:
    """Before it is even set aside."""
    door.world.join(cursed_person(door), door.group)
    stranger = door.person("Sam")
    await door.rest()
    assert await kept(door) == []
    assert door.muted(stranger)


async def test_a_flood_of_such_updates_delays_nobody_for_long(door: Stage) -> None:
    """Whoever found an update that we mishandle cannot buy seconds of silence with each."""
    for number in range(3 * PAUSES_A_MINUTE):
        door.world.join(cursed_person(door, f"Eve {number}"), door.group)
    await tried(door)
    stranger = door.person("Sam")
    await tried(door)
    assert door.muted(stranger)
    assert len(await kept(door)) == 3 * PAUSES_A_MINUTE


async def test_an_update_is_not_acknowledged_before_it_is_known_to_be_set_aside(door: Stage) -> None:
    """While the database is down it stays with Telegram."""
    user = cursed_person(door)
    door.world.join(user, door.group)
    await door.rest()
    door.outage.down = True
    await door.advance(5)
    assert pending(door) > 0
    door.outage.down = False
    await door.advance(130)
    assert [one.error for one in await kept(door)] == ["KeyError"]
    assert pending(door) == 0


async def tried(stage: Stage) -> None:
    """Let GMBot's patience with an update come to its end."""
    for _ in range(TRIES):
        await stage.advance(1)


def pending(stage: Stage) -> int:
    """How many updates Telegram keeps."""
    return len(stage.world.bots[stage.bot_id].mailbox)


async def test_an_update_of_which_only_the_id_can_be_read_is_set_aside(door: Stage) -> None:
    """Its shape tells what Telegram changed, and those behind it are dealt with."""
    mailbox = door.world.bots[door.bot_id].mailbox
    mailbox.push("message", {"message_id": "Bob likes Ann", "chat": {"id": door.group}})
    stranger = door.person("Sam")
    await door.rest()
    assert door.muted(stranger)
    (one,) = await kept(door)
    assert (one.kind, one.error, one.tries) == ("message", "Unreadable", 1)
    assert '"message_id":"<13 characters>"' in one.payload
    assert [event.kind for event in told(door)] == ["message"]


async def test_news_from_the_future_do_not_make_gmbot_ask_without_end(door: Stage) -> None:
    """What is believed is newer than any answer: the answer changes nothing, so nothing is owed for it."""
    member = door.person("Ann", subscribed=True)
    await door.rest()
    ann = {"id": member, "is_bot": False, "first_name": "Ann"}
    door.world.bots[door.bot_id].mailbox.push(
        "chat_member",
        {
            "chat": {"id": door.channel, "type": "channel", "title": "News"},
            "from": ann,
            "date": int(door.clock.now()) + 90_000,
            "old_chat_member": {"status": "member", "user": ann},
            "new_chat_member": {"status": "left", "user": ann},
        },
    )
    await door.rest()
    await door.advance(10)
    assert len(door.calls("getChatMember", user_id=member)) < 10


async def test_a_defect_in_the_background_ends_nothing_for_good(door: Stage) -> None:
    """Whoever takes up debts begins anew, and what nobody foresaw is told of."""
    door.outage.confusions = 1
    door.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="restrictChatMember", times=1))
    stranger = door.person("Sam")
    await door.advance(60)
    assert door.muted(stranger)
    strange = [event for event in door.events if isinstance(event, Unforeseen)]
    assert [(event.where, event.error) for event in strange] == [("outbox", "KeyError")]

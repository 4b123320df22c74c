"""`gmbot sweep` and `gmbot warm`, beside a service, against a Telegram in a box."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from tests.contract.store.material import known
from tests.fixtures.stage import BOT_RIGHTS, TOKEN

from gmbot.adapters.sql.database import Database, open_database
from gmbot.adapters.sql.store import SqlStore
from gmbot.batches import Wanted, run_batch
from gmbot.cli import main
from gmbot.domain.errors import ConfigurationError
from gmbot.domain.group import Channel, Group
from gmbot.domain.ids import BotId, ChannelId, GroupId, UserId
from gmbot.domain.membership import Membership, MembershipState, Source, Stamp
from gmbot.domain.rule import Rule
from gmbot.domain.standing import Standing, Status
from gmbot.gate.changes import Changes, LearntMembership, LearntStanding
from gmbot.gate.sweep_group import PAGE
from gmbot.gate.sweeps import Sweep, SweepKind
from gmbot.settings import Settings
from gmbot.simulator import Fault, FaultKind, Simulator, WallClock, World

OLD_S = 3 * 86_400
FAST = 100_000.0


@dataclass(kw_only=True)
class Town:
    """A guarded group and its channel, as Telegram and the database have them."""

    world: World
    simulator: Simulator
    settings: Settings
    database: Database
    store: SqlStore
    channel: int
    group: int

    def person(self, name: str, *, subscribed: bool) -> UserId:
        """Return a member of the group who is subscribed, or is not."""
        user = self.world.add_user(name)
        self.world.join(user, self.group)
        if subscribed:
            self.world.subscribe(user, self.channel)
        return UserId(user)

    async def believe(self, user: UserId, state: MembershipState | None, *, age_s: int = OLD_S) -> None:
        """Have the database hold that somebody is in the group and, so long ago, was IN or OUT."""
        stamp = Stamp(int(self.world.now()) - age_s, Source.EVENT, 1)
        seen = LearntStanding(GroupId(self.group), user, Standing(Status.MEMBER, stamp))
        known = [] if state is None else [Membership(stamp, state)]
        facts = tuple(LearntMembership(user, ChannelId(self.channel), fact) for fact in known)
        await self.store.apply(Changes(standings=(seen,), memberships=facts))

    async def run(
        self, kind: SweepKind = SweepKind.WARM, *, dry_run: bool = False, days: float = 30.0
    ) -> int:
        """Run a batch in the group."""
        wanted = Wanted(kind=kind, groups=(self.group,), rate_per_s=FAST, dry_run=dry_run, active_days=days)
        return await run_batch(self.settings, wanted)

    async def last(self, kind: SweepKind = SweepKind.WARM) -> Sweep:
        """Return how the last one ended."""
        (found,) = [sweep for sweep in await self.store.sweeps() if sweep.kind is kind]
        return found

    def questions(self) -> int:
        """Return how many were asked."""
        return len(self.simulator.calls.of("getChatMember"))


@pytest_asyncio.fixture
async def town(tmp_path: Path) -> AsyncIterator[Town]:
    """Yield a town in which nobody is known yet."""
    world = World(WallClock(), seed=5)
    bot = world.add_bot(TOKEN, "gm_bot", first_name="GMBot")
    owner = world.add_user("Olga")
    channel = world.create_channel(owner, "News", username="news")
    group = world.create_supergroup(owner, "Group", username="group")
    world.add_bot_to_chat(channel, bot, owner, rights={"can_invite_users"})
    world.add_bot_to_chat(group, bot, owner, rights=BOT_RIGHTS)
    simulator = Simulator(world)
    await simulator.start()
    address = f"sqlite:///{tmp_path}/town.db"
    environ = {"BOT_TOKEN": TOKEN, "TELEGRAM_API_URL": simulator.url, "DATABASE_URL": address}
    settings = Settings.load(environ)
    database = await open_database(settings.database_url.reveal())
    store = SqlStore(database, BotId(bot), lambda event: None)
    guarded = Group(GroupId(group), UserId(owner), "Group", Rule((ChannelId(channel),)))
    await store.apply(Changes(groups=(guarded,), channels=(Channel(ChannelId(channel), "News", "news"),)))
    yield Town(
        world=world,
        simulator=simulator,
        settings=settings,
        database=database,
        store=store,
        channel=channel,
        group=group,
    )
    await database.close()
    await simulator.stop()


async def test_warming_learns_who_is_subscribed(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    """People who were seen in the group are asked about, and the report counts them."""
    inside = [town.person(f"In {n}", subscribed=True) for n in range(3)]
    outside = [town.person(f"Out {n}", subscribed=False) for n in range(2)]
    for user in (*inside, *outside):
        await town.believe(user, None)
    assert await town.run() == 0
    heard = await known(town.store, inside[0], [ChannelId(town.channel)])
    assert heard[ChannelId(town.channel)].state is MembershipState.IN
    row = next(line for line in capsys.readouterr().out.splitlines() if "Group" in line)
    assert [word for word in row.split() if word.isdecimal()][:4] == ["5", "3", "2", "0"]


async def test_warming_holds_nobody_who_was_never_subscribed(town: Town) -> None:
    """It is about knowing; the gate holds people when they write."""
    user = town.person("Out", subscribed=False)
    await town.believe(user, None)
    await town.run()
    assert town.world.can_speak(user, town.group)


async def test_what_is_fresh_is_not_asked_again(town: Town) -> None:
    """Warming twice costs once."""
    await town.believe(town.person("In", subscribed=True), None)
    await town.run()
    asked = town.questions()
    await town.run()
    assert town.questions() == asked


async def test_people_of_long_ago_are_left_out(town: Town) -> None:
    """Only those of whom something was heard within the days."""
    await town.believe(town.person("Old", subscribed=True), None, age_s=8 * 86_400)
    await town.believe(town.person("New", subscribed=True), None, age_s=6 * 86_400)
    await town.run(days=7)
    assert (await town.last()).people == 1


async def test_an_interrupted_one_goes_on_where_it_stopped(
    town: Town, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody is asked about twice."""
    people = [town.person(f"P{n}", subscribed=True) for n in range(4)]
    for user in people:
        await town.believe(user, None)
    begun = Sweep(
        GroupId(town.group), SweepKind.WARM, town.world.now() - 60, people[1], total=4, people=2, inside=2
    )
    await town.store.apply(Changes(sweeps=(begun,)))
    assert await town.run() == 0
    last = await town.last()
    assert (last.people, last.inside, last.asked) == (4, 4, 2)
    assert "going on after 2 people" in capsys.readouterr().err


async def test_more_people_than_a_page(town: Town) -> None:
    """Each is looked at once."""
    seen = Standing(Status.MEMBER, Stamp(int(town.world.now()), Source.EVENT, 1))
    people = [UserId(town.world.add_user(f"P{n}")) for n in range(PAGE + 5)]
    standings = tuple(LearntStanding(GroupId(town.group), user, seen) for user in people)
    await town.store.apply(Changes(standings=standings))
    assert await town.run() == 0
    last = await town.last()
    assert (last.people, last.asked, last.outside) == (PAGE + 5,) * 3


async def test_people_who_cannot_be_learnt_about_are_errors(town: Town) -> None:
    """Nobody is thought anything of for it, and the exit code says so."""
    user = town.person("In", subscribed=True)
    await town.believe(user, None)
    town.simulator.faults.add(Fault(kind=FaultKind.SERVER_ERROR, method="getChatMember"))
    assert await town.run() == 1
    assert (await town.last()).failed == 1
    assert await known(town.store, user, [ChannelId(town.channel)]) == {}


async def test_a_sweep_holds_and_frees(town: Town) -> None:
    """Whoever is out is muted before the command ends."""
    out, inside = town.person("Out", subscribed=False), town.person("In", subscribed=True)
    for user in (out, inside):
        await town.believe(user, MembershipState.IN)
    assert await town.run(SweepKind.DEMAND) == 0
    assert not town.world.can_speak(out, town.group)
    assert town.world.can_speak(inside, town.group)


async def test_a_dry_run_does_nothing(town: Town, capsys: pytest.CaptureFixture[str]) -> None:
    """It tells how many would be asked about, and asks nobody."""
    await town.believe(town.person("Out", subscribed=False), MembershipState.OUT)
    assert await town.run(SweepKind.DEMAND, dry_run=True) == 0
    row = next(line for line in capsys.readouterr().out.splitlines() if "Group" in line)
    assert [word for word in row.split() if word.isdecimal()] == ["1", "1", "1", "0", "1", "0"]
    assert town.questions() == 0
    assert await town.store.sweeps() == []


async def test_a_mass_flip_is_not_swept_through(town: Town) -> None:
    """Even an operator's sweep pauses the group before most are muted."""
    people = [town.person(f"P{n}", subscribed=False) for n in range(20)]
    for user in people:
        await town.believe(user, MembershipState.IN)
    await town.run(SweepKind.DEMAND)
    assert sum(not town.world.can_speak(user, town.group) for user in people) < 10
    (group,) = await town.store.groups()
    assert group.paused == "mass_flip"


async def test_a_group_that_nobody_guards_is_told(town: Town) -> None:
    """In one sentence."""
    wanted = msgspec.structs.replace(Wanted(kind=SweepKind.WARM), groups=(-1,))
    with pytest.raises(ConfigurationError, match="guards group -1"):
        await run_batch(town.settings, wanted)


@pytest.mark.parametrize(
    "arguments",
    [["warm"], ["warm", "--all", "--group", "-1"], ["warm", "--all", "--rate", "0"], ["sweep"]],
)
def test_nonsense_is_refused(arguments: list[str]) -> None:
    """What is not understood asks nobody."""
    with pytest.raises(SystemExit) as end:
        main(arguments)
    assert end.value.code == 2

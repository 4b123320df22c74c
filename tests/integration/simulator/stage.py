"""A small Telegram for the tests here: a channel, a group that wants it, and a group one asks to enter."""

import asyncio
from collections.abc import Callable

from gmbot.simulator import Simulator, VirtualClock, WallClock, World

TOKEN = "4242:gatekeeper"
PATIENCE_S = 20.0
ADMIN_RIGHTS = {"can_restrict_members", "can_delete_messages", "can_invite_users"}


class Stage:
    """One bot that administers one channel and two supergroups of one owner."""

    def __init__(self, world: World, simulator: Simulator, clock: VirtualClock) -> None:
        self.clock = clock
        self.world = world
        self.simulator = simulator
        self.bot = world.add_bot(TOKEN, "gatekeeper_bot")
        self.mailbox = world.bots[self.bot].mailbox
        self.owner = world.add_user("Olga")
        self.channel = world.create_channel(self.owner, "News")
        self.group = world.create_supergroup(self.owner, "Talk")
        self.closed_group = world.create_supergroup(self.owner, "Club", join_by_request=True)
        for chat in (self.channel, self.group, self.closed_group):
            world.add_bot_to_chat(chat, self.bot, self.owner, rights=ADMIN_RIGHTS)
        self.mailbox.clear()


def virtual_stage(seed: int = 0) -> Stage:
    """Build a stage whose time only moves when the test says so."""
    clock = VirtualClock()
    world = World(clock, seed=seed)
    return Stage(world, Simulator(world, seed=seed), clock)


def real_stage() -> Stage:
    """Build a stage in real time, for bots that keep time themselves."""
    world = World(WallClock())
    return Stage(world, Simulator(world), VirtualClock())


async def eventually(condition: Callable[[], object]) -> None:
    """Return once the condition holds; fail when it does not come true."""
    deadline = asyncio.get_running_loop().time() + PATIENCE_S
    while not condition():
        assert asyncio.get_running_loop().time() < deadline, "it never came true"
        await asyncio.sleep(0.005)

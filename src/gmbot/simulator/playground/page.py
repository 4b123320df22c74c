"""The playground: everything behind the page, put together, on a port of its own."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine, Iterable

from aiohttp import web

from gmbot.simulator.box import Simulator
from gmbot.simulator.calls import Call
from gmbot.simulator.mailbox import Entry
from gmbot.simulator.playground.actions import Actions
from gmbot.simulator.playground.beliefs import Beliefs
from gmbot.simulator.playground.causes import CallRows
from gmbot.simulator.playground.conversation import Conversation
from gmbot.simulator.playground.promises import Promises
from gmbot.simulator.playground.pulse import Pulse
from gmbot.simulator.playground.render import Renderer
from gmbot.simulator.playground.routes import application
from gmbot.simulator.playground.scene import Scene
from gmbot.simulator.playground.seat import Usher
from gmbot.simulator.playground.switches import Lever, Switchboard
from gmbot.simulator.playground.tour import Tour
from gmbot.simulator.playground.view import View

GRACE_S = 0.25
SAMPLE_EVERY_S = 1.0


class Playground:
    """One world's page.

    `bot_pages` is the root of the bot's own pages, which tell what it believes; without it that panel is
    empty. `levers` break what is not Telegram's.
    """

    def __init__(
        self,
        simulator: Simulator,
        scene: Scene,
        *,
        bot_pages: str | None = None,
        levers: Iterable[Lever] = (),
    ) -> None:
        world = simulator.world
        self.simulator = simulator
        self.scene = scene
        self.pulse = Pulse()
        self._news = Pulse()
        self.promises = Promises(world, scene.groups)
        self.board = Switchboard(simulator.faults, levers)
        self.actions = Actions(world, scene, self.promises)
        self.tour = Tour(world, scene, self.actions, self.board, self.promises)
        self.rows = CallRows(world, scene.bot)
        for entry in world.bots[scene.bot].mailbox.pending():
            self.rows.updated(entry)
        self.beliefs = Beliefs(bot_pages, [role.id for role in scene.roles])
        self.conversation = Conversation(world, scene)
        self.usher = Usher(world, scene, self.promises)
        self._renderer = Renderer(self)
        self._exits = contextlib.AsyncExitStack()
        self.port = 0

    @property
    def url(self) -> str:
        """Where the page is; known after `start`."""
        return f"http://127.0.0.1:{self.port}/"

    async def start(self, port: int = 0) -> None:
        """Serve on loopback, on a free port when it is 0. Raises OSError when the port is taken."""
        runner = web.AppRunner(application(self), access_log=None, shutdown_timeout=GRACE_S)
        await runner.setup()
        self._exits.push_async_callback(runner.cleanup)
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
        except OSError:
            await self._exits.aclose()
            raise
        self.port = runner.addresses[0][1]
        self._listen()

    async def stop(self) -> None:
        """End every open page's stream and stop serving; mend what the player broke."""
        self.board.mend_all()
        self.pulse.close()
        self._news.close()
        await self._exits.aclose()

    def changed(self) -> None:
        """Something happened in the world: pages look again, and the bot is asked what it thinks."""
        self.pulse.beat()
        self._news.beat()

    async def page(self, view: View) -> str:
        """The whole page for that view."""
        if not self.pulse.watched:
            await self._ask_bot()
        return self._renderer.page(view)

    def _listen(self) -> None:
        bot = self.simulator.world.bots[self.scene.bot]
        self._exits.push_async_callback(self.beliefs.close)
        self._exits.callback(self.simulator.calls.listen(self._called))
        self._exits.callback(bot.mailbox.listen(self._updated))
        self._background(self._follow())
        self._background(self._sample())

    def _background(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)

        async def ended() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

        self._exits.push_async_callback(ended)

    def _called(self, call: Call) -> None:
        self.promises.called(call)
        if self.rows.called(call):
            self.changed()

    def _updated(self, entry: Entry) -> None:
        self.rows.updated(entry)
        self.changed()

    async def _follow(self) -> None:
        async for _ in self._news.beats():
            if self.pulse.watched:
                before = self.beliefs.report
                await self._ask_bot()
                if self.beliefs.report != before:
                    self.pulse.beat()

    async def _ask_bot(self) -> None:
        await self.beliefs.refresh()
        self.promises.requirements = {
            group.group_id: (
                tuple(channel.channel_id for channel in group.channels if channel.usable),
                group.needed - sum(not channel.usable for channel in group.channels),
            )
            for group in self.beliefs.report.groups
        }

    async def _sample(self) -> None:
        while True:
            await self.beliefs.sample()
            await asyncio.sleep(SAMPLE_EVERY_S)

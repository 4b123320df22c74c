"""The whole simulator: a world, its Bot API over HTTP and in process, its faults, limits and call log."""

import random

import msgspec

from gmbot.simulator.api import BotApi
from gmbot.simulator.calls import CallLog
from gmbot.simulator.delivery import HttpPost, Pace, Post, Surroundings
from gmbot.simulator.dispatch import Dispatch, Parts, Pending
from gmbot.simulator.errors import unauthorized
from gmbot.simulator.faults import Faults, call_target
from gmbot.simulator.inprocess import InProcess
from gmbot.simulator.limits import Limiter, Limits
from gmbot.simulator.people import Bot
from gmbot.simulator.polling import read_poll
from gmbot.simulator.server import Server
from gmbot.simulator.stations import Station
from gmbot.simulator.world import World


class Network(msgspec.Struct, frozen=True, kw_only=True):
    """How calls and deliveries travel.

    `latency_s` is real time added to every call; `post` replaces HTTP on the way to webhooks; `pace` says
    when deliveries are repeated, on the world's clock.
    """

    latency_s: float = 0.0
    post: Post | None = None
    pace: Pace = Pace()


class Simulator:
    """A Telegram in a box around one world.

    Usable at once through `in_process`; `start` puts it on a socket as well. Without limits nothing is
    ever too many requests.
    """

    def __init__(
        self,
        world: World,
        *,
        faults: Faults | None = None,
        limits: Limits | None = None,
        network: Network | None = None,
        seed: int = 0,
    ) -> None:
        self.world = world
        self.faults = Faults(seed=seed) if faults is None else faults
        self.calls = CallLog()
        self._network = Network() if network is None else network
        self._chance = random.Random(seed)
        self._http_post = HttpPost()
        self._api = BotApi(world)
        self._stations: dict[int, Station] = {}
        self._dispatch = Dispatch(self._parts(Limits() if limits is None else limits))
        self._server = Server(self._dispatch)
        self.in_process = InProcess(self._dispatch)
        world.greet_bots(self._welcome)

    @property
    def url(self) -> str:
        """The root that bots are pointed at; known after `start`."""
        return self._server.url

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen, on a free port when it is 0. Raises OSError when the port is taken."""
        self._dispatch.open()
        for station in self._stations.values():
            station.open()
        await self._server.start(host, port)

    async def stop(self) -> None:
        """End waiting polls and held calls at once, break off deliveries, and stop listening."""
        self._dispatch.close()
        for station in self._stations.values():
            station.close()
        await self._server.stop()
        await self._http_post.close()

    def _parts(self, limits: Limits) -> Parts:
        return Parts(
            api=self._api,
            tokens=self.world.tokens,
            usernames=self.world.usernames,
            clock=self.world.clock,
            faults=self.faults,
            limiter=Limiter(limits),
            log=self.calls,
            special={
                "getupdates": self._get_updates,
                "setwebhook": self._change_webhook,
                "deletewebhook": self._change_webhook,
            },
            stale=self._stale_member,
            latency_s=self._network.latency_s,
        )

    def _welcome(self, bot: Bot) -> None:
        async def carry_out(method: str, arguments: dict[str, object]) -> None:
            await self._dispatch.carry_out(bot.token, method, arguments)

        around = Surroundings(
            clock=self.world.clock,
            post=self._http_post if self._network.post is None else self._network.post,
            execute=carry_out,
            chance=self._chance,
            pace=self._network.pace,
        )
        self._stations[bot.id] = Station(bot, self.faults, around)

    async def _get_updates(self, call: Pending) -> object:
        station = self._station(call)
        poll = read_poll(call.arguments)
        return await station.polling.poll(
            poll, lambda: self._api.call(call.token, call.method, call.arguments)
        )

    async def _change_webhook(self, call: Pending) -> object:
        result = self._api.call(call.token, call.method, call.arguments)
        self._station(call).webhook_changed()
        return result

    def _stale_member(self, call: Pending) -> object:
        """Answer getChatMember with the standing before the last change, if there was one."""
        current = self._api.call(call.token, call.method, call.arguments)
        target = call_target(call.bot_id, call.method, call.arguments, self.world.usernames)
        chat = self.world.chats.get(target.chat or 0)
        before = chat.previous.get(target.user or 0) if chat is not None else None
        if chat is None or before is None or target.user is None:
            return current
        return self.world.member_object(chat, target.user, before.at(self.world.now()), call.bot_id)

    def _station(self, call: Pending) -> Station:
        if call.bot_id is None:
            raise unauthorized()
        return self._stations[call.bot_id]

"""The page as HTML: what the world is like, seen by one person, in Jinja's templates."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jinja2
import msgspec

from gmbot.simulator.playground.charts import HEIGHT, WIDTH, charts
from gmbot.simulator.playground.conversation import Face, face
from gmbot.simulator.playground.view import PANES, View

if TYPE_CHECKING:
    from gmbot.simulator.playground.page import Playground


class ChatItem(msgspec.Struct, frozen=True):
    """A line of the list of chats."""

    id: int
    title: str
    kind: str
    face: Face
    last: str
    guarded: bool


class Renderer:
    """Gathers what the templates show."""

    def __init__(self, playground: Playground) -> None:
        self._of = playground
        environment = jinja2.Environment(
            loader=jinja2.PackageLoader(__package__ or ""),
            autoescape=True,
            trim_blocks=True,
            lstrip_blocks=True,
            undefined=jinja2.StrictUndefined,
        )
        environment.filters["ago"] = ago
        environment.globals["face"] = face
        self._template = environment.get_template("page.html")

    def page(self, view: View) -> str:
        """The whole page."""
        of, scene = self._of, self._of.scene
        mailbox = of.simulator.world.bots[scene.bot].mailbox
        promises = of.promises.judge(len(mailbox))
        return self._template.render(
            view=view,
            panes=PANES,
            roles=scene.roles,
            me=scene.role(view.me),
            chats=self._chats(view),
            lines=of.conversation.lines(view),
            seat=of.usher.seat(view),
            commands=self._commands(view),
            promises=promises,
            state=self._state(any(p.broken for p in promises), any(p.passing and p.count for p in promises)),
            switches=of.board.list(),
            rows=of.rows.rows,
            now=of.simulator.world.now(),
            groups=[group for group in of.beliefs.report.groups if group.group_id in scene.groups],
            answers=of.beliefs.answers,
            charts=charts(of.beliefs.samples),
            chart_size=(WIDTH, HEIGHT),
            step=of.tour.step(view.tour),
            name_of=self._name,
            me_of=self._next_player,
        )

    def _chats(self, view: View) -> list[ChatItem]:
        world, scene = self._of.simulator.world, self._of.scene
        guarded = self._of.promises.requirements
        kinds = dict.fromkeys(scene.groups, "group") | dict.fromkeys(scene.channels, "channel")
        items = [
            ChatItem(
                chat,
                world.place(chat).title,
                kind,
                face(world.place(chat).title, chat),
                self._of.conversation.last(view, chat),
                chat in guarded,
            )
            for chat, kind in kinds.items()
        ]
        bot = world.person(scene.bot).name
        last = self._of.conversation.last(view, scene.bot)
        return [*items, ChatItem(scene.bot, bot, "bot", face(bot, scene.bot), last, guarded=False)]

    def _commands(self, view: View) -> list[str]:
        """What the field suggests."""
        world, scene = self._of.simulator.world, self._of.scene
        if view.chat in scene.channels:
            return []
        names = [world.place(channel).username for channel in scene.channels]
        listed = {
            str(command["command"])
            for commands in world.bots[scene.bot].commands.values()
            for command in commands
        }
        protects = [f"/protect @{name}" for name in names if name] if view.chat in scene.groups else []
        return [*protects, *sorted(f"/{command}" for command in listed - {"protect"})]

    def _state(self, broken: bool, healing: bool) -> str:
        if broken:
            return "broken"
        if self._of.board.broken:
            return "faulty"
        return "healing" if healing else "well"

    def _next_player(self, number: int) -> int:
        step = self._of.tour.step(number)
        return self._of.scene.owner if step is None else step.me

    def _name(self, number: int) -> str:
        world = self._of.simulator.world
        if number in world.chats:
            return world.chats[number].title
        return world.people[number].name if number in world.people else str(number)


def ago(seconds: float | None) -> str:
    """How long ago, in a word or two."""
    if seconds is None:
        return ""
    if seconds < 2:
        return "just now"
    return f"{seconds:.0f} s ago" if seconds < 120 else f"{seconds / 60:.0f} min ago"

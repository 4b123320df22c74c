"""The guided tour: eight steps, each with its seat, its deed, and how the world shows that it is done."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from gmbot.simulator.playground.actions import Actions
from gmbot.simulator.playground.promises import Promises
from gmbot.simulator.playground.scene import Scene
from gmbot.simulator.playground.switches import Switchboard
from gmbot.simulator.playground.view import View
from gmbot.simulator.world import World

STEPS = 8
CROWD = 100


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One step; the player is seated as `me` in `chat`, and `deed` is what "Do it for me" does."""

    number: int
    title: str
    text: str
    me: int
    chat: int
    deed: str = ""
    done: bool | None = None
    """None where there is nothing to do but look."""


class Tour:
    """Knows the steps and does them for whoever would rather watch."""

    def __init__(
        self, world: World, scene: Scene, actions: Actions, board: Switchboard, promises: Promises
    ) -> None:
        self._world = world
        self._scene = scene
        self._actions = actions
        self._board = board
        self._promises = promises
        self._stranger, self._tom = scene.playing("stranger"), scene.roles[4].id
        self._group, self._channel = scene.groups[0], scene.channels[0]

    def step(self, number: int) -> Step | None:
        """The step with that number, as far as it has come; None when there is none."""
        if not 1 <= number <= STEPS:
            return None
        title, text, deed = _WORDS[number - 1]
        done = self._conditions().get(number)
        if number == 7 and self._board.broken:
            deed = "Mend it"
        return Step(
            number=number,
            title=title,
            text=text,
            me=self._stranger if number in {3, 4, 5, 6} else self._scene.owner,
            chat=self._group,
            deed="" if not deed or (done is not None and done()) else deed,
            done=None if done is None else done(),
        )

    def do(self, number: int) -> None:
        """Do what that step asks for."""
        stranger = View(self._stranger, self._group)
        owner = View(self._scene.owner, self._group)
        match number:
            case 2:
                name = self._world.place(self._channel).username
                self._actions.say(owner, f"/protect @{name}")
            case 3:
                self._actions.do("join", stranger)
            case 5:
                self._actions.do("join", View(self._stranger, self._channel))
            case 7 if self._board.broken:
                self._board.mend_all()
            case 7:
                self._board.flip("member")
                self._actions.raid(owner, CROWD)
            case 8:
                self._actions.do("mute", owner, self._tom)
            case _:
                return

    def _conditions(self) -> dict[int, Callable[[], bool]]:
        return {
            2: lambda: self._group in self._promises.requirements,
            3: self._inside,
            4: lambda: self._inside() and self._held_or_free(),
            5: lambda: self._inside() and self._subscribed() and self._speaks(self._stranger),
            7: lambda: not self._board.broken and self._crowd_judged(),
            8: lambda: not self._speaks(self._tom),
        }

    def _inside(self) -> bool:
        return self._world.member(self._group, self._stranger).is_member

    def _held_or_free(self) -> bool:
        return self._subscribed() or not self._speaks(self._stranger)

    def _subscribed(self) -> bool:
        return self._world.member(self._channel, self._stranger).is_member

    def _speaks(self, person: int) -> bool:
        return self._world.can_speak(person, self._group)

    def _crowd_judged(self) -> bool:
        counts = {promise.key: promise.count for promise in self._promises.judge(0)}
        return counts["held"] > 0 and counts["open"] == 0


_WORDS = (
    (
        "A Telegram in a box",
        (
            "Everything here is simulated but GMBot, which is the real one. You are Olga and own these "
            "groups and channels. Eight short steps show what GMBot does; leave whenever you like."
        ),
        "",
    ),
    (
        "Guard a group",
        "Write /protect @book_news in Bookworms: from then on only subscribers of Book News can write there.",
        "Write it for me",
    ),
    (
        "Come in as a stranger",
        "You are Zoe now, who does not read Book News. Press Join above the conversation.",
        "Join for me",
    ),
    (
        "Held, and told why",
        "Zoe is muted: her field is grey. GMBot's message names what to join and has the button for it.",
        "",
    ),
    (
        "Subscribe, and be free",
        "Press Book News under the message, then Subscribe. Zoe can write at once, without another tap.",
        "Subscribe for me",
    ),
    (
        "Look inside",
        (
            "“Bot API calls” shows each call with its time and the update behind it; “Beliefs” shows what "
            "GMBot thinks of everybody, and why."
        ),
        "",
    ),
    (
        "Break Telegram",
        (
            "Telegram stops telling who is subscribed, and 100 strangers join. Nobody is muted on a guess. "
            "Mend it, and GMBot catches up by itself."
        ),
        "Break it, and raid",
    ),
    (
        "An admin's word stands",
        (
            "Mute Tom by hand: he is subscribed, yet GMBot never lifts what an admin did. That was all: "
            "play on, or start your own with BOT_TOKEN=… make run."
        ),
        "Mute Tom for me",
    ),
)

"""The story: what people do, and what has to come of it. Every effect is looked for in the box."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from gmbot.demo.box import Box
from gmbot.demo.screen import Screen
from gmbot.demo.witness import NotSeen, Sight, Wanted, Witness
from gmbot.simulator import Fault, FaultKind, NotAllowed

PATIENCE_S = 5.0
MESSAGES = 100


async def tell(
    box: Box, screen: Screen, settled: Callable[[], Awaitable[None]], *, patience_s: float = PATIENCE_S
) -> bool:
    """Tell the whole story and return whether every effect was seen; it ends at the first that is not.

    `settled` returns when the bot has nothing in hand; no effect may take longer than `patience_s`.
    """
    witness = Witness(box, settled, patience_s)
    with witness.watching():
        try:
            await _Story(box, screen, witness).tell()
        except NotSeen as missing:
            screen.failure(missing)
            return False
    return True


class _Story:
    """Eight acts. Whoever has no name yet when it begins is a stranger to the bot."""

    def __init__(self, box: Box, screen: Screen, witness: Witness) -> None:
        self._box = box
        self._world = box.world
        self._screen = screen
        self._witness = witness
        self._sam, self._mia, self._ben = (box.world.add_user(name) for name in ("Sam", "Mia", "Ben"))

    async def tell(self) -> None:
        await self._a_group_is_protected()
        await self._a_stranger_is_held()
        await self._subscribing_frees()
        await self._messages_cost_nothing()
        await self._verify_makes_up_for_lost_news()
        await self._leaving_the_channel_holds()
        await self._an_admins_mute_stays()
        await self._an_outage_mutes_nobody()

    async def _a_group_is_protected(self) -> None:
        owner, group, channel = self._box.owner, self._box.group, self._box.channel
        await self._act(
            "Olga types /protect @garden_news in her group, Garden Club",
            lambda: self._world.say(owner, group, "/protect @garden_news"),
        )
        asked = Wanted(method="getChatAdministrators", chat=channel)
        await self._effect("GMBot checks that the channel is hers", asked, lambda: True)
        told = Wanted(method="sendMessage", chat=group)
        await self._effect("the group is guarded now", told, lambda: self._box.said("Garden News"))

    async def _a_stranger_is_held(self) -> None:
        await self._act("Sam, a stranger, joins the group", lambda: self._join(self._sam))
        await self._held("Sam is muted", self._sam)
        await self._prompted("and reads what to join", self._sam)

    async def _subscribing_frees(self) -> None:
        await self._act("Sam joins the channel, and taps nothing", lambda: self._subscribe(self._sam))
        await self._freed("Sam can write again", self._sam)
        gone = Wanted(method="deleteMessage", chat=self._box.group)
        await self._effect("the prompt is gone", gone, lambda: not self._box.said("Sam"))

    async def _messages_cost_nothing(self) -> None:
        group, before = self._box.group, len(self._world.messages(self._box.group))
        await self._act(
            f"Sam writes {MESSAGES} messages",
            lambda: [self._world.say(self._sam, group, f"Tomato {n}") for n in range(MESSAGES)],
        )
        await self._nothing(
            "all stay, and cost no call at all",
            None,
            lambda: len(self._world.messages(group)) == before + MESSAGES,
        )

    async def _verify_makes_up_for_lost_news(self) -> None:
        box, faults = self._box, self._box.simulator.faults
        await self._act("Mia, another stranger, joins the group", lambda: self._join(self._mia))
        await self._held("Mia is muted", self._mia)
        await self._prompted("and reads what to join", self._mia)
        lost = Fault(kind=FaultKind.DROP_UPDATE, update="chat_member", chat=box.channel)
        number = faults.add(lost)
        await self._act(
            "Mia joins the channel, and the news of it is lost", lambda: self._subscribe(self._mia)
        )
        await self._nothing("GMBot cannot know: she stays muted", None, lambda: not box.can_speak(self._mia))
        faults.remove(number)
        await self._act("Mia taps the button “I have joined”", lambda: self._tap(self._mia))
        await self._freed("GMBot asks: she can write again", self._mia)
        thanked = Wanted(method="answerCallbackQuery")
        await self._effect("her tap is answered", thanked, lambda: True)

    async def _leaving_the_channel_holds(self) -> None:
        await self._act(
            "Sam leaves the channel", lambda: self._world.unsubscribe(self._sam, self._box.channel)
        )
        await self._held("Sam is muted again", self._sam)

    async def _an_admins_mute_stays(self) -> None:
        box, mia = self._box, self._mia
        touched = Wanted(method="restrictChatMember", user=mia)

        def muted_by_olga() -> bool:
            return not box.can_speak(mia) and self._world.member(box.group, mia).until_date == 0

        await self._act("Olga mutes Mia by hand", lambda: self._world.mute(box.group, mia, box.owner))
        await self._nothing("subscribed, Mia stays muted", touched, muted_by_olga)
        await self._act("Mia leaves the channel", lambda: self._world.unsubscribe(mia, box.channel))
        await self._nothing("GMBot adds nothing of its own", touched, muted_by_olga)
        await self._act("Mia joins the channel again", lambda: self._subscribe(mia))
        await self._nothing("GMBot does not lift what Olga did", touched, muted_by_olga)

    async def _an_outage_mutes_nobody(self) -> None:
        box, faults = self._box, self._box.simulator.faults
        down = Fault(kind=FaultKind.SERVER_ERROR, method="getChatMember", chat=box.channel, code=503)
        number = faults.add(down)
        await self._act("Telegram cannot say who is subscribed, and Ben joins", lambda: self._join(self._ben))
        asked = Wanted(method="getChatMember", user=self._ben, chat=box.channel, status=503)
        await self._effect("nobody is muted on a guess", asked, lambda: box.can_speak(self._ben))
        await self._act("Telegram is well again", lambda: faults.remove(number))
        await self._held("asked again by itself: Ben is muted", self._ben)
        await self._prompted("and reads what to join", self._ben)

    def _join(self, person: int) -> None:
        self._world.join(person, self._box.group)

    def _subscribe(self, person: int) -> None:
        self._world.subscribe(person, self._box.channel)

    def _tap(self, person: int) -> None:
        """Press the last button of the last prompt."""
        prompts = [
            m for m in self._world.messages(self._box.group) if m.author == self._box.bot and m.buttons
        ]
        button = prompts[-1].buttons[-1]
        self._world.tap(person, self._box.group, prompts[-1].id, str(button["callback_data"]))

    async def _held(self, text: str, person: int) -> None:
        muted = Wanted(method="restrictChatMember", user=person)
        await self._effect(text, muted, lambda: not self._box.can_speak(person))

    async def _freed(self, text: str, person: int) -> None:
        given_back = Wanted(method="restrictChatMember", user=person)
        await self._effect(text, given_back, lambda: self._box.can_speak(person))

    async def _prompted(self, text: str, person: int) -> None:
        prompt = Wanted(method="sendMessage", chat=self._box.group)
        await self._effect(text, prompt, lambda: self._box.said(self._box.name(person)))

    async def _act(self, text: str, deed: Callable[[], object]) -> None:
        """Let somebody do something once the bot has nothing left to do from before."""
        await self._witness.rest(f"GMBot ready for: {text}")
        self._screen.act(text)
        self._witness.act_begins()
        try:
            deed()
        except NotAllowed as error:
            raise NotSeen(text, f"Telegram refuses: {error}") from error

    async def _effect(self, text: str, wanted: Wanted, so: Callable[[], bool]) -> None:
        self._tell(text, await self._witness.call(text, wanted, so))

    async def _nothing(self, text: str, unwanted: Wanted | None, so: Callable[[], bool]) -> None:
        self._tell(text, await self._witness.nothing(text, unwanted, so), unwanted)

    def _tell(self, text: str, sight: Sight, unwanted: Wanted | None = None) -> None:
        without = f"no {unwanted.method}" if unwanted else "no call"
        self._screen.effect(text, sight, self._box.target(sight.call) if sight.call else without)

"""A busy random world: people and a bot do whatever comes to mind, the same for the same seed."""

from collections.abc import Callable
from random import Random

from gmbot.simulator import NotAllowed, Simulator, VirtualClock, World
from gmbot.simulator.chats import Message
from gmbot.simulator.mailbox import UPDATE_KINDS
from gmbot.simulator.rights import ADMIN_RIGHTS, PERMISSIONS

TOKEN = "4242:gatekeeper"
GUARD_TOKEN = "4343:guard"
TEXTS = (
    "hello",
    "/start@gate_bot now",
    "see https://example.org",
    "@ann and @nobody",
    "😀 #tag $GME",
    "+12025550123",
)


class Life:
    """Seven people, two bots, and one chat of every kind."""

    def __init__(self, seed: int) -> None:
        self.chance = Random(seed)
        self.clock = VirtualClock()
        self.world = World(self.clock, seed=seed)
        self.simulator = Simulator(self.world, seed=seed)
        self.bot = self.world.add_bot(TOKEN, "gate_bot")
        self.guard = self.world.add_bot(GUARD_TOKEN, "guard_bot", guard=True)
        self.owner = self.world.add_user("Olga", username="olga", is_premium=True)
        self.people = [
            self.owner,
            *(self._newcomer(name) for name in ("ann", "bob", "cem", "dina", "eve", "fay")),
        ]
        self.group = self.world.create_supergroup(self.owner, "Talk", username="talk_group")
        self.forum = self.world.create_supergroup(self.owner, "Topics", forum=True)
        self.club = self.world.create_supergroup(self.owner, "Club", join_by_request=True)
        self.old_group = self.world.create_group(self.owner, "Old")
        self.channel = self.world.create_channel(self.owner, "News", username="news")
        self.private_channel = self.world.create_channel(self.owner, "Inside")
        self.world.link_discussion(self.channel, self.group)
        self.topic = self.world.create_topic(self.forum, self.owner, "Cats")
        self.link = self.world.create_invite(self.group, self.owner, creates_join_request=True)
        self.groups = [self.group, self.forum, self.club, self.old_group]
        self.chats = [*self.groups, self.channel, self.private_channel]
        for bot in (self.bot, self.guard):
            self.world.bots[bot].mailbox.allow(sorted(UPDATE_KINDS))
            for chat in self.chats:
                self.world.add_bot_to_chat(chat, bot, self.owner)

    def person(self) -> int:
        """Anybody."""
        return self.chance.choice(self.people)

    def chat(self) -> int:
        """Any chat."""
        return self.chance.choice(self.chats)

    def talk(self) -> int:
        """Any group."""
        return self.chance.choice(self.groups)

    def message(self, chat: int) -> Message | None:
        """Any recent message there."""
        recent = self.world.messages(chat)[-10:]
        return self.chance.choice(recent) if recent else None

    def some(self, names: tuple[str, ...]) -> list[str]:
        """Any of these."""
        return self.chance.sample(names, self.chance.randrange(len(names) + 1))

    def act(self) -> None:
        """Let one person do one thing, if Telegram's apps allow it."""
        try:
            self.chance.choice(ACTIONS)(self)
        except NotAllowed:
            return

    def mend(self) -> None:
        """Give the bots back every right that the life took from them."""
        for bot in (self.bot, self.guard):
            for chat in self.chats:
                self.world.unban(chat, bot, self.owner)
                self.world.add_bot_to_chat(chat, bot, self.owner)

    def pass_time(self) -> None:
        """Seconds, or sometimes hours, go by."""
        self.clock.set(self.clock.now() + self.chance.choice((0, 1, 5, 60, 7200)))

    def _newcomer(self, name: str) -> int:
        language = self.chance.choice((None, "en", "de"))
        return self.world.add_user(name.title(), username=name, last_name="Doe", language_code=language)


def _say(life: Life) -> None:
    chat, text = life.talk(), life.chance.choice(TEXTS)
    match life.chance.randrange(8):
        case 0:
            life.world.say(life.person(), chat, text, photo=True, media_group_id="album")
        case 1:
            life.world.say(life.owner, life.group, text, sender_chat=life.channel)
        case 2:
            life.world.say(life.owner, life.group, text, anonymous=True)
        case 3:
            life.world.say(life.person(), chat, text, forward_from_channel=life.channel)
        case 4:
            life.world.say(life.person(), life.forum, text, thread_id=life.topic)
        case 5:
            life.world.say(life.person(), life.bot, text)
        case 6 if (answered := life.message(chat)) is not None:
            life.world.say(life.person(), chat, text, reply_to=answered.id)
        case _:
            life.world.say(life.person(), chat, text, via_bot=life.bot)


def _edit(life: Life) -> None:
    chat = life.chat()
    if (message := life.message(chat)) is not None:
        life.world.edit(message.author, chat, message.id, life.chance.choice(TEXTS))


def _tap(life: Life) -> None:
    chat = life.chat()
    for message in life.world.messages(chat)[-10:]:
        for button in message.buttons:
            life.world.tap(life.person(), chat, message.id, str(button.get("callback_data")))


def _mute(life: Life) -> None:
    until = int(life.clock.now()) + life.chance.choice((-5, 10, 3600, 400 * 86_400))
    life.world.mute(life.talk(), life.person(), life.owner, until, life.some(PERMISSIONS))


def _ask_and_be_answered(life: Life) -> None:
    user = life.person()
    life.world.request_join(user, life.club)
    answer = life.chance.choice((life.world.approve, life.world.decline))
    if life.chance.random() < 0.3:
        answer(life.club, user, life.owner)


ACTIONS: tuple[Callable[[Life], object], ...] = (
    _say,
    _say,
    _edit,
    _tap,
    _mute,
    _ask_and_be_answered,
    lambda life: life.world.join(life.person(), life.chat()),
    lambda life: life.world.join(life.person(), life.chat()),
    lambda life: life.world.leave(life.person(), life.chat()),
    lambda life: life.world.request_join(life.person(), life.group, life.link),
    lambda life: life.world.unmute(life.talk(), life.person(), life.owner),
    lambda life: life.world.ban(life.chat(), life.person(), life.owner),
    lambda life: life.world.unban(life.chat(), life.person(), life.owner),
    lambda life: life.world.kick(life.chat(), life.person(), life.owner),
    lambda life: life.world.promote(life.chat(), life.person(), life.owner, life.some(ADMIN_RIGHTS)),
    lambda life: life.world.demote(life.chat(), life.person(), life.owner),
    lambda life: life.world.add_member(life.talk(), life.person(), life.person()),
    lambda life: life.world.grant_until(life.channel, life.person(), int(life.clock.now()) + 3600),
    lambda life: life.world.post(life.channel, life.chance.choice(TEXTS)),
    lambda life: life.world.post(life.private_channel, media_group_id="album"),
    lambda life: life.world.start_private(life.person(), life.bot, "payload"),
    lambda life: life.world.block(life.person(), life.bot),
    lambda life: life.world.rename(life.chat(), title=f"Name {life.chance.randrange(9)}"),
    lambda life: life.world.set_default_permissions(life.talk(), life.some(PERMISSIONS)),
    Life.pass_time,
)

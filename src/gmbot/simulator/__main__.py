"""A Telegram for one bot at hand: python -m gmbot.simulator 123:token."""

import argparse
import asyncio
import sys

from gmbot.simulator import Simulator, WallClock, World


def main() -> None:
    """Serve a world with one bot, one channel and one group until Ctrl-C."""
    parser = argparse.ArgumentParser(prog="python -m gmbot.simulator", description=main.__doc__)
    parser.add_argument("token", help="the bot's token, such as 123:abc")
    parser.add_argument("--port", type=int, default=0, help="the port to listen on; a free one if not given")
    given = parser.parse_args()
    try:
        asyncio.run(serve(given.token, given.port))
    except KeyboardInterrupt:
        return


async def serve(token: str, port: int) -> None:
    """Serve until cancelled, having said where on standard output."""
    world = World(WallClock())
    simulator = Simulator(world)
    bot = world.add_bot(token, "your_bot")
    owner = world.add_user("Olga")
    channel = world.create_channel(owner, "News", username="news")
    group = world.create_supergroup(owner, "Talk", username="talk_group")
    for chat in (channel, group):
        world.add_bot_to_chat(chat, bot, owner)
    await simulator.start(port=port)
    sys.stdout.write(f"{simulator.url}  channel {channel}  group {group}\n")
    sys.stdout.flush()
    try:
        await asyncio.Event().wait()
    finally:
        await simulator.stop()


if __name__ == "__main__":
    main()

"""The demo: the whole product against a Telegram in a box, as a story and as a playground."""

from __future__ import annotations

__all__ = ["run_demo"]


async def run_demo(*, keep: bool, port: int | None = None, browser: bool = True, story: bool = True) -> int:
    """Tell the story and return the exit code: 0 if each step really happened, else 1.

    On a terminal, with `keep` or without `story`, everything goes on running afterwards until this is
    cancelled (Ctrl-C), and the playground is served on loopback: on `port` (0: any free one), in a
    `browser` where there is a screen for it. Whatever is written is in a temporary folder.
    """
    import sys

    from gmbot.demo.screen import Screen, console_for
    from gmbot.demo.stage import Invitation, ended_in_order, perform

    watched = sys.stdin.isatty() and sys.stdout.isatty()
    invitation = Invitation(port=port, browser=browser and watched, story=story)
    return await ended_in_order(
        perform(Screen(console_for()), keep=keep or watched or not story, invitation=invitation)
    )

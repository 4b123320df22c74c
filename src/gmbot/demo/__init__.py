"""The demo: the whole product against a Telegram in a box, as a story in the terminal."""

from __future__ import annotations

__all__ = ["run_demo"]


async def run_demo(*, keep: bool) -> int:
    """Tell the story and return the exit code: 0 if each step really happened, else 1.

    With `keep` everything goes on running afterwards, until this is cancelled (Ctrl-C). Nothing is left
    behind: whatever is written is in a temporary folder.
    """
    from gmbot.demo.screen import Screen, console_for
    from gmbot.demo.stage import ended_in_order, perform

    return await ended_in_order(perform(Screen(console_for()), keep=keep))

"""GMBot as `gmbot run` starts it, telling every second how many tasks it has."""

from __future__ import annotations

import asyncio
import json
import os
import sys

import uvloop

from gmbot.bootstrap import run
from gmbot.settings import Settings

CENSUS_EVERY_S = 1.0


async def _count() -> None:
    while True:
        sys.stdout.write(json.dumps({"tasks": len(asyncio.all_tasks())}) + "\n")
        sys.stdout.flush()
        await asyncio.sleep(CENSUS_EVERY_S)


async def _main() -> None:
    census = asyncio.create_task(_count())
    await run(Settings.load(os.environ))
    census.cancel()


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_main())

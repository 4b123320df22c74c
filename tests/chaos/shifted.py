"""`python -m tests.chaos.shifted run`: GMBot on a machine whose clock is put forward or back meanwhile.

The file that CLOCK_OFFSET names holds by how many seconds the clock is wrong, as a double. Monotonic time
goes on.
"""

from __future__ import annotations

import mmap
import os
import struct
import sys
import time
from pathlib import Path

VARIABLE = "CLOCK_OFFSET"
SIZE = 8


def put(file: Path, offset_s: float) -> None:
    """Have the clock be wrong by so many seconds from now on."""
    with file.open("r+b" if file.exists() else "wb") as stream:
        stream.write(struct.pack("d", offset_s))


def main() -> int:
    """Run GMBot on the wrong clock."""
    with Path(os.environ[VARIABLE]).open("rb") as stream:
        offset = mmap.mmap(stream.fileno(), SIZE, access=mmap.ACCESS_READ)
    right = time.time
    # Everything that reads the machine's clock does so through this function, which is looked up when called.
    time.time = lambda: right() + struct.unpack("d", offset)[0]
    from gmbot.cli import main as gmbot

    return gmbot(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())

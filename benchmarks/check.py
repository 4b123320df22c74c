"""`make bench-check`: whether any path lost more than 15 % against decoding alone since the last count."""

from __future__ import annotations

import sys

from benchmarks.instructions import NAMES, count, kept, losses


def main() -> int:
    """Print how each path stands; 1 if one got dearer, 2 if that cannot be told."""
    before = kept()
    if before is None:
        sys.stderr.write("nothing was kept to compare with: make bench ARGS=instructions\n")
        return 2
    try:
        now = count()
    except RuntimeError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    if now.python.rpartition(".")[0] != before.python.rpartition(".")[0]:
        sys.stdout.write(
            f"kept on Python {before.python}, compared on {now.python}: ratios differ a little\n"
        )
    for path, name in NAMES.items():
        was, is_ = before.floors(path), now.floors(path)
        sys.stdout.write(f"{name}: {is_:.1f} × decoding, was {was:.1f} ({(is_ / was - 1) * 100:+.1f} %)\n")
    lost = losses(before, now)
    for loss in lost:
        sys.stderr.write(f"LOST {loss}\n")
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())

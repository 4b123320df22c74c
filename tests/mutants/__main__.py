"""`make mutants`: change every line of the domain and of the mechanisms, and see that a test notices."""

from __future__ import annotations

import argparse
import os
import sys

from tests.mutants.farm import FARM, LIST, ROOT, alive, grow, listed, plant, row_of

OTHERS_FIRST = 15


def main() -> int:
    """Try every mutant; return 1 if one lives that is not listed, or one that is listed does not."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("--children", type=int, default=1, help="how many mutants to try at once")
    parser.add_argument("--look", action="store_true", help="only compare what the last run left alive")
    chosen = parser.parse_args()
    os.nice(OTHERS_FIRST)
    if not chosen.look:
        plant()
        grow(chosen.children)
    return _compared()


def _compared() -> int:
    living, known = alive(), listed(LIST.read_text())
    say = sys.stdout.write
    unlisted, gone = sorted(living - known.keys()), sorted(known.keys() - living)
    for mutant in unlisted:
        say(f"no test notices, and {LIST.relative_to(ROOT)} does not list:\n{row_of(mutant)}\n")
    for mutant in gone:
        say(f"listed in {LIST.relative_to(ROOT)}, and noticed or not made any more:\n{row_of(mutant)}\n")
    say(f"{len(living)} mutants live, {len(unlisted)} of them unlisted; the run is in {FARM.name}/\n")
    return 1 if unlisted or gone else 0


if __name__ == "__main__":
    sys.exit(main())

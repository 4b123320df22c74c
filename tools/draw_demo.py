# ruff: noqa: INP001
"""Draw README's picture from a real run: `.venv/bin/python tools/draw_demo.py docs/images/demo.svg`."""

from __future__ import annotations

import asyncio
import io
import re
import sys
from pathlib import Path

from rich.console import Console

from gmbot.demo.screen import WIDEST, Screen
from gmbot.demo.stage import perform


def main(path: str) -> int:
    """Write the picture to `path`; return the story's exit code."""
    console = Console(file=io.StringIO(), record=True, force_terminal=True, width=WIDEST, highlight=False)
    code = asyncio.run(perform(Screen(console), keep=False))
    picture = console.export_svg(title="gmbot demo")
    # Fonts from elsewhere are not loaded in a picture on a page, and nobody should be told who looks at it.
    Path(path).write_text(re.sub(r"@font-face \{.*?\}\s*", "", picture, flags=re.DOTALL))
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

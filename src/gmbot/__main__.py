"""`python -m gmbot` is the `gmbot` command."""

from __future__ import annotations

import sys

from gmbot.cli import main

sys.exit(main())

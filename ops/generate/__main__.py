"""Write every derived file anew."""

from __future__ import annotations

import sys

from ops.generate.derived import derived_files


def main() -> int:
    """Write the files that have changed and name them; return the exit code."""
    for path, text in derived_files().items():
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
            sys.stdout.write(f"{path}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

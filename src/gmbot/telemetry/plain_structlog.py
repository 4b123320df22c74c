"""structlog without rich, which it would import to draw tracebacks: 3 MiB and 25 ms that no service uses.

rich is installed because the demo and the doctor draw with it; whoever imports it later gets it.
"""

from __future__ import annotations

import sys
from types import ModuleType

_HIDDEN = [name for name in ("rich", "rich.console", "rich.traceback") if name not in sys.modules]
_absent: dict[str, ModuleType | None] = dict.fromkeys(_HIDDEN)
sys.modules.update(_absent)  # type: ignore[arg-type]  # None means "cannot be imported"
try:
    import structlog
finally:
    for _name in _HIDDEN:
        del sys.modules[_name]

__all__ = ["structlog"]

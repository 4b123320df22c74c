"""The stage as a fixture."""

from __future__ import annotations

import pytest
from tests.unit.simulator.scene import Scene


@pytest.fixture
def scene() -> Scene:
    """One owner, one channel, one group, one bot that administers both."""
    return Scene()

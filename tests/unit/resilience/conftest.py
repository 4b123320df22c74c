"""What tests of mechanisms share."""

import pytest
from tests.unit.resilience.bench import Bench


@pytest.fixture
def bench() -> Bench:
    """A fresh bench."""
    return Bench()

"""What every test may use."""

pytest_plugins = (
    "tests.fixtures.postgres",
    "tests.fixtures.redis",
    "tests.fixtures.databases",
    "tests.fixtures.bugsink",
)

"""Writes what is derived: the dashboards, and the table of alerts. Run it with `python -m ops.generate`."""

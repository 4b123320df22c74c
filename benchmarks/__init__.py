"""Measurements of the product itself, as a separate process, against the simulator over loopback."""

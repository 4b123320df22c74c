"""Honest in-process twins of the gate's ports: for tests, and for when nothing else is there."""

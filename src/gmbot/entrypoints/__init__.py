"""Ways in: each parses, calls one use case, and renders."""

"""What operators and their machines ask: /live, /ready, /health, /metrics."""

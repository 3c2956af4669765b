"""The HTTP API under `/v1` (B5)."""

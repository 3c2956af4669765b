"""The API under /v1 (B5)."""

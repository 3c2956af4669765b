"""The way of an attempt: claimed, rendered, sent, settled (A5)."""

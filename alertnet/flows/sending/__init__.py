"""The stages of an attempt: claimed, rendered, sent, settled (A5)."""

"""Calls: those that we make, and those that come in (B4)."""

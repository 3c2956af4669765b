"""Checks of contact trees that can be read: faults, and things that are unwise."""

"""Checks of message templates: names, leaks, lengths, and differences between languages."""

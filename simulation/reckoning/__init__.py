"""Checks after a night: everything on record, and each plan against what was sent."""

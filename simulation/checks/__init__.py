"""Checks during a night: the promises as messages leave, and whether anything due is forgotten."""

"""Monitoring of the program itself: troubles from what was observed, and counts for those who watch it."""

"""The worker: wakes at the next due time, sends, and asks what became of what it sent."""

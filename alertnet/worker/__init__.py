"""The worker: wakes at the next due time, sends what is due, and asks the provider for results."""

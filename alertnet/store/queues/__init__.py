"""The queues and those who work on them: attempts, workers, senders and rate limits, circuit breakers."""

"""What is due and who sends it: attempts, workers, senders and their rate limits, circuit breakers."""

"""What is due and who sends it: attempts, workers, the pace of senders, circuit breakers."""

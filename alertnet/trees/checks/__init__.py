"""What is unwise or impossible in trees that can be read."""

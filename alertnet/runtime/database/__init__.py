"""The door to the database: transactions, group commit, wake-ups, and what is said while it is away."""

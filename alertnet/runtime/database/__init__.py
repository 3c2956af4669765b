"""Access to the database: transactions, group commit, wake-ups, and faults while it is away."""

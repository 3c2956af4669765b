"""The decisions, as plain values and pure functions: no I/O, clock, randomness, logging or ORM in here."""

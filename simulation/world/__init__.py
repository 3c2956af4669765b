"""What a night is made of: its plain state, cast, story, time, database, faults."""

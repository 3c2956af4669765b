"""What a night is made of: cast, story, time, faults."""

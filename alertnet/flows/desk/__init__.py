"""What the coordinators' console shows: the board, one incident, and what each act on it would do."""

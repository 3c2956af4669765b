"""What must hold once a night is over: all that is on the record, and each plan against what was sent."""

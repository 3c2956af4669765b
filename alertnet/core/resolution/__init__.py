"""Who may be told of an incident, and why others may not (A3, B1)."""

"""Who may hear of an incident, and what keeps the others from it (A3, B1)."""

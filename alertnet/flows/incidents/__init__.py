"""What is done to an incident: opened, updated, re-resolved, closed."""

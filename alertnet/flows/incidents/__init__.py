"""What is done to an incident: opening, updating, re-resolving, closing."""

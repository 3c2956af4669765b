"""What an edited tree changes for a running incident, and how its state moves there (A8)."""

"""What an edited tree changes for a running incident, and how its state is carried over (A8)."""

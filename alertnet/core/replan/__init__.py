"""What changes for a running incident by edited trees, news or a merge, and how its state is carried over (A8)."""

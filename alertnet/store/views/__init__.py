"""What the outside sees of incidents, read in a handful of queries."""

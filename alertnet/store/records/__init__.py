"""What is kept: one owner for each table."""

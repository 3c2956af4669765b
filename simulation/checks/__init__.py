"""What is checked while a night goes on: promises as messages leave, and whether anything due is forgotten."""

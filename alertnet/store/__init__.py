"""Tables and queries, and all SQL there is: it takes a session, never commits, and gives frozen values."""

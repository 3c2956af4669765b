"""Commands that run the server processes, and commands for their database."""

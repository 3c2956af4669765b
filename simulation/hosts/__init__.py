"""The machines of a night: processes, lines, databases that fail."""

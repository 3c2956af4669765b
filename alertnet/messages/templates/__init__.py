"""Message templates: loaded, completed, and rendered within bounds."""

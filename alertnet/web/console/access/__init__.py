"""Who comes into the console: signing in and out, and the users."""

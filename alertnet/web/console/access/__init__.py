"""Access to the console: signing in and out, accounts and users."""

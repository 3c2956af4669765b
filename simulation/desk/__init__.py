"""What coordinators do in some nights about one thing: they use the desk of all others for it."""

"""`alertnet templates`: check and preview the messages."""

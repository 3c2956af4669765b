"""Renders messages from templates in the recipient's language; whether and when to send is decided elsewhere."""

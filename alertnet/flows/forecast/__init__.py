"""What an incident would come to: played ahead by the core, and made ready to be shown."""

"""What is wrong with message templates: names, leaks, lengths, differences between languages."""

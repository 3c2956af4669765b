"""Commands about single contacts: the letter that introduces us, and the tests of their numbers."""

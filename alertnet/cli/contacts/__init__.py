"""Commands about contacts: tests of their numbers, and the letter that introduces the network."""

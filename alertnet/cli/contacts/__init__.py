"""Commands about contacts: tests of their numbers, the letter that introduces the network, and a way to its trees."""

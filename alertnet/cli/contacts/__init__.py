"""Commands about contacts: drills, tests of their numbers, and the letter that introduces the network."""

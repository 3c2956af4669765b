"""Commands to try contacts before the night: drills, tests of their numbers; and the letter that introduces us."""

"""Whoever opens the page behind a link of a message: what is shown there, what is pressed, and what came of it."""

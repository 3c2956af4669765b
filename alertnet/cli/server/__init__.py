"""Commands that start processes or look after their database."""

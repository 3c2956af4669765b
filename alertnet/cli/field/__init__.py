"""Commands about the field: its journeys, roll calls, cards, and texts from unknown numbers."""

"""Commands about the field: its journeys, and whether all of it is safe."""

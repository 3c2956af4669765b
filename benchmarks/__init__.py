"""Measures how fast the program is, each benchmark against a sink that answers like the provider."""

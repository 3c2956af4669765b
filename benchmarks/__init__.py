"""Benchmarks: each measures the program against a sink that answers like the provider."""

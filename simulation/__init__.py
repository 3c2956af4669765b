"""Nights in virtual time: the real program with a network, a provider and machines that fail by seed (A1-A12)."""

"""Wires the program: settings, logging, transactions, clocks, connections."""

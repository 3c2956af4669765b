"""The one place that wires the program: settings, logging, transactions, the only clock."""

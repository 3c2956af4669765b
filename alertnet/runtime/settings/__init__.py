"""The settings of B6: read from the environment and checked, with all faults reported at once."""

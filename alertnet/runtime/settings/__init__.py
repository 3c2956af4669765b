"""The settings of B6: read from the environment, checked, and every fault reported at once."""

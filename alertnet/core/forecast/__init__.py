"""Forecasts of what would happen if somebody, or nobody, answered: simulations and the call sheet."""

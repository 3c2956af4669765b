"""What would happen if nobody, or somebody, answered: simulations and the call sheet."""

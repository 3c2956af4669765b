"""What every flow works with: the locked incident, its pending writes, and what is read in advance."""

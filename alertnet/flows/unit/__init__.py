"""What every flow works with: the locked incident, its pending writes, what is read beforehand."""

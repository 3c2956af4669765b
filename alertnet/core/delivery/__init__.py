"""How messages leave: provider routes, rate limits, circuit breakers, the encoding of SMS; when one is repeated."""

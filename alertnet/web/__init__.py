"""The edges over HTTP: each translates what came into a flow or a query, and what it says into an answer."""

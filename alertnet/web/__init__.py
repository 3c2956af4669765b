"""The HTTP doors: each turns a request into a call of a flow or query, and its result into a response."""

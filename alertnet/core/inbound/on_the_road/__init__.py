"""Who is on the road: what is awaited of them, and what their texts say: where, on which day, at which hour (B4)."""

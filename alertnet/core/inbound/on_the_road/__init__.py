"""What a text of somebody on the road says: where, on which day, at which hour (B4)."""

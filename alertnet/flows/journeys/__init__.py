"""Journeys of the field: they begin, check-ins are heard, and steps follow when none comes (B4)."""

"""What is awaited of the field: journeys begin, check-ins are heard, and steps follow when none comes (B4)."""

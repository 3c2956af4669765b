"""What coordinators see to before and beside an alarm: the field on the road, texts of strangers, people, duty, us."""

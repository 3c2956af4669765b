"""Reports of incidents, figures over months, and drills."""

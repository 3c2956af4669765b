"""What is handed on and learned from: reports of incidents, figures over months, drills that are planned."""

"""Pages that coordinators use beside alarms: journeys, texts of strangers, people, duty, and the system itself."""

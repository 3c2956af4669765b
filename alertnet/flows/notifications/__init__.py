"""Who is told what: alerts, alarms, notices and tasks, stored before they are sent."""

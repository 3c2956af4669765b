"""Who is told what: alerts, alarms, notices, tasks, written down before they are sent."""

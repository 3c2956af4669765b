"""What the monitoring of ourselves goes by: heartbeats, observations, troubles."""

"""The data for monitoring the program itself: heartbeats, observations, troubles."""

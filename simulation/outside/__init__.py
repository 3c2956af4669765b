"""Everybody outside: provider, people, coordinators, heartbeat service."""

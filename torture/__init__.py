"""Tries to break the promise that nothing accepted is lost: real processes on a real PostgreSQL, and kill -9."""

"""Commands about incidents: raise, list, show, close."""

"""Message templates: reading, completing and rendering them within limits."""

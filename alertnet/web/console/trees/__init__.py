"""The contact trees on the console: pictures, what they would do, and editing, publishing and taking back of them."""

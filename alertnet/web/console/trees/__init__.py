"""Contact trees on the console: pictures, a simulator, and editing with publish and roll-back."""

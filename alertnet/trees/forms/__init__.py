"""What the files may hold: their keys and shapes, and the schema for editors."""

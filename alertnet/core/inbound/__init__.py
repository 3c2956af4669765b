"""The meaning of texts and pressed keys: answers with codes, and reports from the field (B4)."""

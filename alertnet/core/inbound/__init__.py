"""What a text or a key says: answers with codes, reports from the field (B4)."""

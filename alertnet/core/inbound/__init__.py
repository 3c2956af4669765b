"""The meaning of texts, mails and pressed keys: answers with codes, and reports from the field (B4)."""

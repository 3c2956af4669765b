"""Texts to our number: answers, reports, and what is neither (B4)."""

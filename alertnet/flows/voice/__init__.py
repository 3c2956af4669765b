"""Phone calls, outgoing and incoming (B4): what is said, asked and recorded."""

"""How one escalation runs: its state, what is due, and what each event changes (B3)."""

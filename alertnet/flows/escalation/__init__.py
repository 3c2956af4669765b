"""What moves an escalation: its due times, answers, decisions, actions."""

"""Everything that moves an escalation: due times, answers, decisions, actions."""

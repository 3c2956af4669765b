"""What the demo's page shows of what is on record: who stands how, what happened, what comes next."""

"""The content of the demo's page: the state of all people, what happened, and what comes next."""

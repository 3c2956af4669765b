"""The contact's and the coordinator's page: what they show, and what their buttons do."""

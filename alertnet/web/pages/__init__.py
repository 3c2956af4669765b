"""The contact's and the coordinator's page over HTTP."""

"""The provider's REST API, as the sandbox answers it."""

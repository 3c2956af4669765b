"""The provider's webhooks, signed over the public URL."""

"""The provider's webhooks: their signature, what they tell us, and what calls say."""

"""The ways out to people, and the mailbox: each module speaks to a provider, keeps nothing, and never tries again."""

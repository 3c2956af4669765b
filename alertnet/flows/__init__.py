"""The verbs: each gathers what a decision needs, asks the core, and applies the answer in one transaction."""

"""The program's actions: each flow reads what a decision needs, asks the core, and applies it in one transaction."""

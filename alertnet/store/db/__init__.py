"""The database itself: engines, column types, transactions, secrecy, upgrades."""

"""The database layer: engines, column types, transactions, encryption."""

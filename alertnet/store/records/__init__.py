"""The stored records: one module for each table."""

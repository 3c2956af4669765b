"""Commands for administrators: keys, PINs, users, duty, pauses, purging and the audit."""

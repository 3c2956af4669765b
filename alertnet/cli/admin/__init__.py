"""Commands of whoever runs an installation: keys, PINs, duty, the audit."""

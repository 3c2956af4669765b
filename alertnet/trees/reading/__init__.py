"""YAML to plain values, every fault with its file and line."""

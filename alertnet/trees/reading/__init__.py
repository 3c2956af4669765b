"""Reads YAML into plain values, and describes every fault with file and line."""

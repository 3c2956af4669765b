"""The views of incidents for the outside, read in a handful of queries."""

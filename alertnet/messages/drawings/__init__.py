"""SVG drawings made from plain values, shared by the console, reports and the command line."""

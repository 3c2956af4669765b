"""Pictures as SVG, made of plain values: the console, a report and a terminal show the same one."""

"""What is drawn, or set as pages of its own: pictures (SVG), the report (HTML), papers (PDF)."""

"""What the data say. No Django; usable from a notebook."""

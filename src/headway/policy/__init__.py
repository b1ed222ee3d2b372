"""What the rules say. Pure functions over a school's figures; no Django, no files but its own packs."""

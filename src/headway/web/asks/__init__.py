"""Everything that is asked of a school."""

"""Work that runs in the background, and the files that it makes."""

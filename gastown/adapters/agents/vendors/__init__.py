"""One vendor a file: how its program is called, and what it and we say to each other. Pure; the drivers do the I/O."""

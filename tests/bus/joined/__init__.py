"""Towns joined to a hub, for tests: in memory, and on real servers."""

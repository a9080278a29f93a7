"""Everything about git, and the only place that starts it."""

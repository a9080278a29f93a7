"""Where the town touches the world: ports with their implementations. They execute effects and report; they know
neither roles nor the log."""

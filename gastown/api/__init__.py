"""What the town answers on its socket: JSON-RPC 2.0, one message a line; one file a family of methods."""

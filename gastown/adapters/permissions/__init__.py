"""What an agent asks leave for, and what a policy says to it. Pure but for looking up where a path leads."""

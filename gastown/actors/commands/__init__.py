"""What each role can be told: one file a role, imperative names. `Report…` commands bring back what an effect did."""

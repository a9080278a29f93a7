"""How the host carries out each effect: one file an effect, and what they share. They report; they decide nothing."""

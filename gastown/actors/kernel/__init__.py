"""The one impure loop: take an order, decide, append, evolve, reply, start what is due. Imports ports only."""

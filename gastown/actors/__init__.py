"""Roles: one file each, pure: `decide` says what happens, `evolve` remembers it, `due` says what the world owes.

`commands/` is what each role can be told, `effects.py` what roles ask of the world, `kernel/` the one impure loop.
"""

"""What tokens cost: the list that comes with the program, and the town's own, which comes first.

`table.py` reads and applies a list; `book.py` holds those in force; `edge.py` prices what vendors told without a cost,
before the town decides on it.
"""

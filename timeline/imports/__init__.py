"""Events out of other programs' files: each row with its verdict, each event with its origin.

`rows` is what the readers of the formats hand over; `storing` makes rows of the database of it.
"""

"""Events out of other programs' files: each row with its verdict, each event with its origin.

`opening` finds out which format a file is; each format has its reader, and `rows` is what the readers hand
over; `storing` makes rows of the database of it.
"""

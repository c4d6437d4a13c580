"""Events out of the database, with their evidence, in the formats of other programs.

`evidence` reads them; every format is made from what it gives. No request is known here.
"""

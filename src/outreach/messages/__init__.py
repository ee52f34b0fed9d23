"""A message as such, without the database: reading it, telling what it is, what is quoted, what it may amount
to.
"""

"""Tables that are not hot, by a library that speaks to more than one database: see docs/decisions/0024-tables.md."""

"""The order ledger: what the shops say of their orders, and what follows from it. Pure."""

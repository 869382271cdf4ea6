"""The page `/find`: the way to a conversion by order id, event id or e-mail address."""

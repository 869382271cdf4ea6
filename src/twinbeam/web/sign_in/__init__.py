"""The pages `/sign-in` and `/sign-out`: the way in and out, and how often one may try."""

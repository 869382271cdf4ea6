"""The pages `/sign-in` and `/sign-out`: who is at the door, and how often one may knock."""

"""The page `/conversions`: the newest conversions in a state, a page at a time."""

"""The last 28 days of a pixel as plots, each with the same as numbers beside it."""

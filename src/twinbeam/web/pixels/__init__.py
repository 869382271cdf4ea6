"""The page `/pixels`: every pixel in one table, with what is wrong in words."""

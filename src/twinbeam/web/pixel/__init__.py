"""The pages of one pixel beside its overview: a folder for each, joined by the row of tabs that all of them show."""

"""Six small sites, one for each model of business; each page is a recipe of the documentation, as it stands there."""

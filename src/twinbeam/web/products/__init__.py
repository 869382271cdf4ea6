"""/products: the product feed, and which content ids it knows."""

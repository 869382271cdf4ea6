"""The page `/reconciliation`: what TikTok knows of the orders, why not of the others, and each of them."""

"""A month of a shop's purchases, and what TikTok hears of it in each set-up; see docs/concepts/simulated-month.md."""

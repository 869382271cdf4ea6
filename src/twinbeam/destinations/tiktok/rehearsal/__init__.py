"""A rehearsal against TikTok: test events that ask what its documents leave open, and what the answers say."""

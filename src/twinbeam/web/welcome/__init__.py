"""The page `/welcome`: where a link that we made lets somebody in."""

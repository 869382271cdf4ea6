"""Everything that is decided about a pixel: each rule with its sentence, what a change would do, and the change."""

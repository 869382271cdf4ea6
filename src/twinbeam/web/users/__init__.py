"""The page `/users`: who may sign in, what they may do, and the links that let somebody in."""

"""A password whose hash costs next to nothing, for tests that are not about what hashes cost."""

from argon2 import PasswordHasher

PASSWORD = "four words in a row"
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
HASH = HASHER.hash(PASSWORD)

"""Words every room shares; imports nothing of ours."""

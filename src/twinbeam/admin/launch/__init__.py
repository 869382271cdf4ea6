"""What a pixel needs before money is spent on ads: facts about it, the checks that read them, and advice."""

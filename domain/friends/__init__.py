"""Friends: who asks whom, who is whose friend, and who wants nothing of whom."""

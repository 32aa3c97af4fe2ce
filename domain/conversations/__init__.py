"""Conversations: what two people or a group say to each other, and how far each has read."""

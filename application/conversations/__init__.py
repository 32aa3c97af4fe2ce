"""Conversations beyond the domain: who may talk to whom, and who is told what of it."""

"""Accounts beyond the domain: what follows from a claim, and what the public is told."""

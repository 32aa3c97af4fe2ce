"""Accounts: who people are, and the handles that they are found by."""

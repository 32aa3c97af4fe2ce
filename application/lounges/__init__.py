"""Lounges beyond the domain: one at a time for each person, and what people and public are told."""

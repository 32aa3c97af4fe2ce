"""Waiting rooms beyond the domain: what the shop says of a checkout."""

"""Signing in, on real servers."""

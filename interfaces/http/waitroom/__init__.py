"""Waiting rooms over HTTP."""

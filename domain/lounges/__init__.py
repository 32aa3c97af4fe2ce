"""Lounges: places where people meet and walk, which addresses and topics call rooms."""

"""Lounges: who comes, who may not, who decides, and where people stand."""

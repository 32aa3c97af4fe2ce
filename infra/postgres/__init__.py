"""PostgreSQL: read models whose record it is, and positions."""

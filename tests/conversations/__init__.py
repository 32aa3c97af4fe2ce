"""What people say to each other, who may, and what becomes of it."""

"""What whoever runs the hall asks for, and other processes of it."""

"""What operators decide about the hall itself."""

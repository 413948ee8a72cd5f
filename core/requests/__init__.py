"""What is wanted, as plain data."""

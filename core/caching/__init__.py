"""What is kept in memory: values bounded by bytes, and values that are made once."""

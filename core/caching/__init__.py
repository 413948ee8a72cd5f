"""What threads share: values bounded by bytes, values made once, and work that must not pause."""

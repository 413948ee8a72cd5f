"""A finished dissection: its tables, its search and its comparison with another."""

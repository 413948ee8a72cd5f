"""A class that works together: rooms, lessons, and what students answer."""

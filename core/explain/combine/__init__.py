"""Methods that are made of the maps of others."""

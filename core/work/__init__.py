"""Work in the background: jobs, their runner and their pace."""

"""Work in the background: jobs, whose turn it is, the threads that do them, and their pace."""

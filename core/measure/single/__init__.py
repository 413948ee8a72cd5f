"""How far one map can be trusted: each measure is one module and one line of the table."""

"""How a method makes a map, step by step, with the numbers of one picture."""

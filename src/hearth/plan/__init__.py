"""Will it run, and how? Frozen plans from a model header and a machine, with a reason per choice."""

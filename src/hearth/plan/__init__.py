"""Will it run, and how? Frozen plans from a model and a machine, with a reason per choice."""

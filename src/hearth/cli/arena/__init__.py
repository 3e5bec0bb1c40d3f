"""`hearth arena`: blind votes in the terminal, the board, votes as files, judges."""

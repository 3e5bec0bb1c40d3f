"""Keep it: the database, its migrations, and the tables of what a person must not lose."""

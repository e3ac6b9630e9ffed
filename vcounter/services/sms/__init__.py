"""Every SMS the counter sends: its words, its record, what became of it."""

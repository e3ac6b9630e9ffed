"""One action carried out: prepared, confirmed, committed, settled, shown."""

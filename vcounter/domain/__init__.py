"""Pure rules of the counter: no I/O, no clock, no randomness, standard library only."""

"""One visit from the queue to the wrap-up: who serves whom, and what is on the screen."""

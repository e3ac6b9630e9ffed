"""The repositories of the unit of work, one module per noun family."""

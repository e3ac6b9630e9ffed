"""Use cases of the counter. They see the domain, the actions and their own ports; nothing else."""

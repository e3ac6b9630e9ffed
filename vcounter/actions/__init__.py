"""Business actions: what each needs, what it says to the customer, and the form the agent fills.

An action knows words and rules of form; whether the operator's system lets it happen is the
operator's business (`vcounter.services.ports.Bss`).
"""

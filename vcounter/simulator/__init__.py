"""Simulated customers and agents: real WebRTC peers over the public HTTP and signaling interfaces.

For demo, practice, tests and bench. What a simulated customer sends is an injection attack by
design, so the server marks its visits and lets them touch fictitious subscribers only.
"""

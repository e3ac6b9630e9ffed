"""Background jobs: outbox, pairing, settling, sealing, retention."""

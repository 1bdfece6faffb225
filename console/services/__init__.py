"""What runs: stream pool, onboarding, device queues."""

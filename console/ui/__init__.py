"""What the operator sees and touches."""

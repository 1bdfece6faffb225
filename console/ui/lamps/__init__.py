"""Street lamps: the list, the plan, orders, leases, systems, plots."""

"""The virtual city: real protocols on loopback, for the demo, the tests and the benchmarks."""

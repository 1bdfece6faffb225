"""Finding devices: WS-Discovery, mDNS, sweeps."""

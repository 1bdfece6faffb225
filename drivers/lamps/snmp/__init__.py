"""Lamps behind SNMP controllers (NTCIP 1213), v2c and v3, over pysnmp."""

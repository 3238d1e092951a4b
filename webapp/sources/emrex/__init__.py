"""EMREX (docs/emrex.md): the registry of portals, and what a portal sends back with a student."""

"""Firewall rules as text: one module for each family of dialects, one list of all of them."""

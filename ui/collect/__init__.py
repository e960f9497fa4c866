"""Collect lists: rounds, what offices have sent, what it would change, and every version."""

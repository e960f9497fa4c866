"""An office's own page: what is asked of it, its list, sending it, and what became of it."""

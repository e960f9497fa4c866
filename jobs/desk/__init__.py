"""An office's own side of collecting: what is asked of it, its list, the check and mending before sending."""

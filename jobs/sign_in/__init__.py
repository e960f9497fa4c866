"""Who comes through the page: how the server is told, and accounts of its own."""

"""What everybody needs: sentences, errors, progress. No geography."""

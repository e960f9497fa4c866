"""Which coordinate system the places of a list are in: the hypotheses, the evidence, and what it decides."""

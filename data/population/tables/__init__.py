"""Tables of residents: which column is what, in which unit, and what its rows add up to."""

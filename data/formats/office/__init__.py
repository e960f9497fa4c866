"""Workbooks that go back to an office as they came, with ours added to them."""

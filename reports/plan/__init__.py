"""What a site plan says: its words, its sheets, its briefing."""

"""The table's grid: AG Grid's community edition in a frame, with our own keys, headings, editors and outbox."""

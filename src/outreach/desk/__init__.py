"""What staff look at: the table of letters, its filters and figures, today, calendar, search."""

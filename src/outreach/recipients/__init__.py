"""Whom a letter goes to: recipients of a campaign, and questions that name them."""

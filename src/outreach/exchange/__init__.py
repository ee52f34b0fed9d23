"""Whole campaigns in and out: the campaign folder."""

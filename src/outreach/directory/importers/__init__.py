"""Reading the directories that public bodies publish; one module a format, one that applies their records."""

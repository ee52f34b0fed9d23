"""What came back, and writing again: answers, incoming messages, the tray, kept messages, follow-ups."""

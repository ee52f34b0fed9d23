"""What the window can do, one file a noun. Pages and dialogs call these and do nothing themselves."""

"""The terminal: every command is a thin line from arguments to the functions that the window calls too."""

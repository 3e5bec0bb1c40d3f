"""Model output as safe HTML: split into blocks while it grows, rendered, highlighted, sanitised."""

"""Hold a conversation: turns that are saved while they stream, branches, exports."""

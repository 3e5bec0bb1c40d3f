"""`hearth chat`: a conversation in the terminal, kept in the store like those of the web page."""

"""What pages are made of: each file draws one thing and holds no logic of conversations."""

"""The front-end: NiceGUI pages and components. No logic lives here."""

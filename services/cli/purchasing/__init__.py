"""The commands `spoedkader purchasing`: from finding to signed application."""

"""What people type about payments."""

"""What people type about the books."""

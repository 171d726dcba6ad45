"""What people type about claims, by who types it; a module for each of the views that asks for it."""

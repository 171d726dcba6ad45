"""What people type about enquiries and duties; a module for each thing that is asked about."""

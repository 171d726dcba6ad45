"""Home by role, and the pages of a grant that look across the three apps. Owns no query."""

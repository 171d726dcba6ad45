"""The doors of claims in the browser: reading, claiming, deciding, settling."""

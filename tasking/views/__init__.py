"""The doors of tasking in the browser: enquiries and duties, what a duty would cost, time owed."""

"""The verbs of finance on how approved claims get paid."""

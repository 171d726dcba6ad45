"""The pages of what goes to the funder: the account, claims, money, the statements at the end."""

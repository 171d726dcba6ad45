"""What the books froze, to be read: one module for each part of the work."""

from overtime_ledger.books.admin import accruals as accruals
from overtime_ledger.books.admin import closing as closing
from overtime_ledger.books.admin import periods as periods

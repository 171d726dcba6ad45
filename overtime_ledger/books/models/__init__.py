"""Periods and their snapshots, the reconciliation, accruals at year end, the closing of a grant."""

from overtime_ledger.books.models.accruals import AccrualLine as AccrualLine
from overtime_ledger.books.models.accruals import AccrualRun as AccrualRun
from overtime_ledger.books.models.closing import Closing as Closing
from overtime_ledger.books.models.closing import ClosingItem as ClosingItem
from overtime_ledger.books.models.closing import Retention as Retention
from overtime_ledger.books.models.closing import least_retention as least_retention
from overtime_ledger.books.models.periods import PeriodSnapshot as PeriodSnapshot
from overtime_ledger.books.models.reconciliation import Adjustment as Adjustment
from overtime_ledger.books.models.reconciliation import ForceLine as ForceLine
from overtime_ledger.books.models.reconciliation import ForceUpload as ForceUpload
from overtime_ledger.books.models.reconciliation import Match as Match
from overtime_ledger.books.models.reconciliation import MatchedEntry as MatchedEntry
from overtime_ledger.books.models.reconciliation import MatchedLine as MatchedLine
from overtime_ledger.books.models.reconciliation import Reconciliation as Reconciliation
from overtime_ledger.books.models.reconciliation import UploadDraft as UploadDraft

"""The door for a web server: `gunicorn overtime_ledger.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "overtime_ledger.settings")
application = get_wsgi_application()

"""All settings, all from the environment; `.env.example` explains each variable.

Nothing here guesses. What has no safe value (SECRET_KEY, DATABASE_URL, ALLOWED_HOSTS) must be given; for
development the Makefile and the tests give it.
"""

import os
from datetime import date
from pathlib import Path

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def _required(name: str, *, put: str) -> str:
    """The value of a variable that has no safe default, or an error that says what to put there."""
    if value := os.environ.get(name, "").strip():
        return value
    raise ImproperlyConfigured(
        f"{name} is not set: put {put} there (.env.example lists every variable). "
        f'In a checkout, `make run` and `make manage ARGS="..."` set it for development.'
    )


def _business_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise ImproperlyConfigured(f"LEDGER_TODAY is {text!r}: put a date like 2021-03-08 there.") from None


# The installation
SECRET_KEY = _required("SECRET_KEY", put="a random text of at least 50 characters, kept secret")
ALLOWED_HOSTS = [
    host.strip() for host in _required("ALLOWED_HOSTS", put="the host names served, with commas").split(",")
]
DEBUG = env.bool("DEBUG", default=False)
HTTPS = env.bool("HTTPS", default=True)
TRUSTED_PROXIES = env.int("TRUSTED_PROXIES", default=0)

# The ledger
LEDGER_TODAY = _business_date(env.str("LEDGER_TODAY", default=""))
LEDGER_MARKING = env.str("LEDGER_MARKING", default="OFFICIAL-SENSITIVE [ORGANISATIONAL]")
LEDGER_DEMONSTRATION = env.bool("LEDGER_DEMONSTRATION", default=False)

# The application
ROOT_URLCONF = "overtime_ledger.urls"
WSGI_APPLICATION = "overtime_ledger.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
INSTALLED_APPS = [
    "overtime_ledger.accounts",
    "overtime_ledger.audit",
    "overtime_ledger.post",
    "grants",
    "tasking",
    "claims",
    "overtime_ledger.payments",
    "overtime_ledger.funder",
    "overtime_ledger.books",
    "overtime_ledger.disclosure",
    "overtime_ledger.demonstration",
    "overtime_ledger.administration.Config",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.forms",
    "allauth",
    "allauth.account",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "overtime_ledger.ui.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "overtime_ledger.accounts.drafts.DiscardWhatWasSent",
    "overtime_ledger.audit.middleware.CountRefusals",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["overtime_ledger.ui"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "overtime_ledger.accounts.access.page",
                "django.contrib.messages.context_processors.messages",
                "overtime_ledger.ui.page",
            ],
        },
    }
]
FORM_RENDERER = "overtime_ledger.forms.Renderer"

# Data. Connections persist, because a new one costs more than most queries; no transaction around requests,
# because each service opens its own.
_database = env.db_url_config(_required("DATABASE_URL", put="postgres://user:password@host:5432/database"))
# PostgreSQL names a socket in an address as ?host=/folder; Django wants it as the host.
if socket_folder := _database.get("OPTIONS", {}).pop("host", None):
    _database["HOST"] = socket_folder
# Compiling a query takes ten times as long as any list here takes to read.
_database["OPTIONS"] = {"options": "-c jit=off"} | _database.get("OPTIONS", {})
DATABASES = {
    "default": _database | {"CONN_MAX_AGE": 600, "CONN_HEALTH_CHECKS": True, "ATOMIC_REQUESTS": False}
}
# A cache that all server processes share, so that failed sign-ins are counted once.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "cache"}}

# Language and time
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
FORMAT_MODULE_PATH = "overtime_ledger.formats"
USE_I18N = True
USE_TZ = True

# Files
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    # Evidence lies in a folder of its own that no web server serves; it belongs to the database's backups.
    "evidence": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": env.str("EVIDENCE_DIR", default=str(BASE_DIR / ".local" / "evidence")),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    # What was made to be handed out, as it went out: just as private.
    "disclosures": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": env.str("DISCLOSURES_DIR", default=str(BASE_DIR / ".local" / "disclosures")),
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
}
# One file at a time, and no more of it than `overtime_ledger.uploads` says; large ones pass through a
# temporary file. Everything else that is sent fits into Django's 2.5 MB.
FILE_UPLOAD_HANDLERS = [
    "overtime_ledger.uploads.NoMoreThanWeTake",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
DATA_UPLOAD_MAX_NUMBER_FILES = 1

# Signing in: by name and password, throttled; no sign-up, no e-mail. A session ends with the browser, and
# 12 hours after the last request at the latest.
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["overtime_ledger.accounts.adapter.PasswordBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "overtime_ledger.accounts.adapter.Adapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_EMAIL_NOTIFICATIONS = False
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "20/m/ip,5/5m/key"}
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXIES

# Transport. A demonstration on one's own machine speaks plain HTTP (HTTPS=false); nothing else should.
SESSION_COOKIE_AGE = 12 * 60 * 60
# Each request starts those hours anew: a page counts them down from when it was drawn, warns before the end,
# and one press, or a draft that is kept, puts it off.
SESSION_SAVE_EVERY_REQUEST = True
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 60 * 60 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
if TRUSTED_PROXIES:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Preloading binds a whole domain for years: a decision for the domain's owner, not for one application.
SILENCED_SYSTEM_CHECKS = ["security.W021"]

# E-mail: only what the outbox holds, and only if a mail server is named. Who names one also says in whose
# name messages come and where their links lead.
SENDS_MAIL = bool(env.str("EMAIL_URL", default=""))
globals().update(env.email_url_config(env.str("EMAIL_URL", default="") or "dummymail://"))
EMAIL_TIMEOUT = 30
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="")
BASE_URL = env.str("BASE_URL", default="")
if SENDS_MAIL:
    _required("DEFAULT_FROM_EMAIL", put="the address that messages come from")
    _required("BASE_URL", put="https:// and the host name served")

# Everything worth reading goes to standard error, where a service manager collects it.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {"django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False}},
}

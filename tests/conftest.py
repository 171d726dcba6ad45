"""What every test stands on: a real PostgreSQL, a fixed business date, a browser if there is one."""

import os
import pickle
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import settings as hypothesis_settings
from pytest_django import DjangoDbBlocker

from overtime_ledger import devdb

if TYPE_CHECKING:  # pytest reads this file before Django knows its apps
    from tests.databases import OwnDatabases
    from tests.scene import Scene

JOURNEYS = Path(__file__).parent / "journeys"
EVIDENCE = tempfile.TemporaryDirectory(prefix="overtime-ledger-evidence-")
WALKS = JOURNEYS / "test_every_page.py"

# Set before Django reads its settings, and the same on every machine whatever the shell says.
os.environ.setdefault("DATABASE_URL", devdb.url())
os.environ |= {
    "DJANGO_SETTINGS_MODULE": "overtime_ledger.settings",
    "SECRET_KEY": "for-tests-only-" + "0123456789" * 5,
    "ALLOWED_HOSTS": "testserver,localhost,127.0.0.1",
    "DEBUG": "false",
    "HTTPS": "false",
    "TRUSTED_PROXIES": "0",
    "LEDGER_TODAY": "2021-03-08",
    "LEDGER_MARKING": "OFFICIAL-SENSITIVE [ORGANISATIONAL]",
    "LEDGER_DEMONSTRATION": "true",
    "EVIDENCE_DIR": EVIDENCE.name,
    "DISCLOSURES_DIR": f"{EVIDENCE.name}/disclosures",
    "EMAIL_URL": "memorymail://",
    "DEFAULT_FROM_EMAIL": "ledger@example.police.uk",
    "BASE_URL": "https://ledger.example.police.uk",
    # Playwright keeps an event loop in the thread of the test, where Django would then refuse the database.
    "DJANGO_ALLOW_ASYNC_UNSAFE": "true",
}

hypothesis_settings.register_profile("ledger", deadline=None, derandomize=True, database=None)
hypothesis_settings.load_profile("ledger")


# The run: one process, or several that share what is made but once


@dataclass(frozen=True)
class Run:
    """A folder for what the processes of a run share, and how the names of its databases begin."""

    folder: Path
    database: str


RUN = pytest.StashKey[Run]()


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _run_of(config: pytest.Config, database: str) -> Run:
    """The run of this process: told by its first process, or begun by it."""
    if _is_worker(config):
        folder, database = config.workerinput["run"]  # type: ignore[attr-defined]
        return Run(Path(folder), database)
    return Run(Path(tempfile.mkdtemp(prefix="overtime-ledger-tests-")), f"test_{database}_{os.getpid()}")


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell another process which run it is of."""
    run = node.config.stash[RUN]
    node.workerinput["run"] = (str(run.folder), run.database)


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    from django.conf import settings

    settings.STORAGES = settings.STORAGES | {
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    }
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.WHITENOISE_AUTOREFRESH = True
    settings.WHITENOISE_USE_FINDERS = True
    config.stash[RUN] = run = _run_of(config, settings.DATABASES["default"]["NAME"])
    if not config.getoption("reuse_db"):
        # A database per run, so that two runs at once do not take each other's away.
        settings.DATABASES["default"].setdefault("TEST", {})["NAME"] = run.database
    if os.environ.get("REQUIRE_BROWSER", "") not in ("", "0") and chromium_program() is None:
        raise pytest.UsageError(f"REQUIRE_BROWSER is set. {NO_BROWSER}")


@pytest.fixture(scope="session", autouse=True)
def no_databases_of_dead_runs() -> None:
    """Drop what a killed run left behind, on the development server, which only this machine uses."""
    if os.environ["DATABASE_URL"] != devdb.DevelopmentServer().url:
        return
    import psycopg
    from django.conf import settings
    from django.db import connections
    from psycopg import sql

    named = re.compile(
        rf"test_{re.escape(settings.DATABASES['default']['NAME'])}_(\d+)(_gw\d+)?(_made|_scene|_own|_demo)?"
    )
    parameters = connections["default"].get_connection_params()
    wanted = {key: parameters[key] for key in ("host", "port", "user", "password") if parameters.get(key)}
    with psycopg.connect(dbname="postgres", autocommit=True, **wanted) as connection:
        for (name,) in connection.execute("select datname from pg_database").fetchall():
            if (match := named.fullmatch(name)) and not _lives(int(match[1])):
                drop = sql.SQL("drop database if exists {} with (force)").format(sql.Identifier(name))
                connection.execute(drop)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


@pytest.fixture(scope="session")
def run(request: pytest.FixtureRequest) -> Run:
    """The run that this process is of."""
    return request.config.stash[RUN]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings: None,
    django_db_keepdb: bool,
    django_db_use_migrations: bool,
    run: Run,
    django_db_blocker: DjangoDbBlocker,
) -> None:
    """The tables are made by the first process of a run at most; the test database of each is a copy."""
    from django.conf import settings

    from tests.databases import made_by_the_first, migrated

    if django_db_keepdb or not django_db_use_migrations:
        return
    with django_db_blocker.unblock():
        made = made_by_the_first(run.folder / "made", lambda: migrated(f"{run.database}_made"))
    settings.DATABASES["default"]["TEST"]["TEMPLATE"] = made.decode()


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """The test database with the roles in it, once for all tests."""
    from django.core.management import call_command

    with django_db_blocker.unblock():
        call_command("roles", "load")


def pytest_unconfigure(config: pytest.Config) -> None:
    """The last process drops what all shared."""
    run = config.stash.get(RUN, None)
    if run is None or _is_worker(config):
        return
    from tests.databases import dropped

    for what in ("made", "scene"):
        if (run.folder / what).exists():
            dropped(f"{run.database}_{what}")
    shutil.rmtree(run.folder)


@pytest.fixture(autouse=True)
def empty_cache() -> Iterator[None]:
    """No test sees another's throttled sign-ins."""
    yield
    from django.core.cache import cache

    cache.clear()


# The scene, for tests that look across the whole product


@pytest.fixture(scope="session")
def made_once(django_db_setup: None, run: Run, django_db_blocker: DjangoDbBlocker) -> tuple[str, bytes]:
    """The name of a database that holds the scene of `tests/scene.py`, and the scene."""
    from django.core.management import call_command
    from django.db import connection

    from tests.databases import copy, made_by_the_first, using
    from tests.factories import number_from, numbered
    from tests.scene import OF_THE_SCENE, scene

    known = connection.settings_dict
    assert known["NAME"].startswith("test_"), "A test that uses `stage` also needs `db`: it has no database."
    name = f"{run.database}_scene"

    def make() -> bytes:
        copy(known["TEST"].get("TEMPLATE") or known["NAME"], name)
        with using(name):
            call_command("migrate", verbosity=0)
            call_command("roles", "load")
            with numbered(0):
                return pickle.dumps(scene())

    with django_db_blocker.unblock():
        made = made_by_the_first(run.folder / "scene", make)
    # Whoever is added to a copy, in whichever process, has a number that nobody in the scene has.
    number_from(OF_THE_SCENE)
    return name, made


@pytest.fixture(scope="session")
def own_databases(made_once: tuple[str, bytes], django_db_blocker: DjangoDbBlocker) -> "OwnDatabases":
    """Copies of the scene, one after another: `with own_databases():`."""
    from django.db import connection

    from tests.databases import copied, using

    own = f"{connection.settings_dict['NAME']}_own"

    @contextmanager
    def own_database() -> Iterator[None]:
        with django_db_blocker.unblock(), copied(made_once[0], own), using(own):
            yield

    return own_database


@pytest.fixture
def own_database(own_databases: "OwnDatabases") -> Iterator[None]:
    """A copy of the scene, which this test may change and commit to as it likes."""
    with own_databases():
        yield


@pytest.fixture
def stage(db: None, own_database: None, made_once: tuple[str, bytes]) -> "Scene":
    """Who and what there is in this test's copy of the scene.

    A module that uses it puts `own_database` in the place of pytest-django's `db`; by that name pytest-django
    knows that a database is wanted at all.
    """
    made: Scene = pickle.loads(made_once[1])
    return made


# The browser

NO_BROWSER = "No Chromium here: install Debian's `chromium`, or name the program in CHROMIUM."


def chromium_program() -> str | None:
    """The browser that the journeys drive: CHROMIUM, or the machine's own."""
    named = os.environ.get("CHROMIUM")
    if named:
        return shutil.which(named)
    return shutil.which("/usr/bin/chromium") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where Chromium is, for `playwright.chromium.launch(executable_path=chromium)`."""
    return chromium_program() or pytest.skip(NO_BROWSER)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if JOURNEYS in item.path.parents:
            item.add_marker(pytest.mark.journey)
            if chromium_program() is None:
                item.add_marker(pytest.mark.skip(reason=NO_BROWSER))
    # Last, because Playwright's event loop stays in the thread from the first journey on; long ones first.
    items.sort(key=lambda item: (JOURNEYS in item.path.parents, item.path != WALKS))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Give each test to the next process that is free, but the demonstration's to one: it is told once."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return "demonstration" if "test_demo.py::" in nodeid else nodeid

    return Scheduling(config, log)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = terminalreporter.stats.get("skipped", [])
    if skipped := sum(NO_BROWSER in str(report.longrepr) for report in reports):
        terminalreporter.section("browser journeys")
        terminalreporter.line(f"{skipped} journeys SKIPPED: nothing was tried in a browser. {NO_BROWSER}")

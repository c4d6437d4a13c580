"""One settings file, driven by the environment; production is the default.

docs/settings.md lists every variable.
"""

import os
import re
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured

from timeline import logs

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()  # type: ignore[no-untyped-call]


def secret_key(path: Path, *, outside: bool = False) -> str:
    """The key from the environment, else from the file at `path`, which the first run makes.

    A site that is reached from outside takes it from nowhere but the environment.
    """
    if key := env.str("TIMELINE_SECRET_KEY", default=""):
        return str(key)
    if outside:
        raise ImproperlyConfigured(
            "No secret key: a site with other hosts than this machine needs TIMELINE_SECRET_KEY. Make one: "
            "python3 -c 'import secrets; print(secrets.token_urlsafe(64))'. Keep it out of the project."
        )
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    except OSError as error:
        raise ImproperlyConfigured(
            f"No secret key: {path} can't be written ({error.strerror}). Set TIMELINE_SECRET_KEY."
        ) from error
    else:
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(64))
    key = path.read_text().strip()
    if len(key) < 50:
        raise ImproperlyConfigured(
            f"{path} holds no usable secret key. Delete it; the next run makes a new one."
        )
    return key


def whole_number(name: str, default: int, least: int, most: int) -> int:
    """A number from the environment; anything else is refused with what may be written."""
    written = str(env.str(name, default="")).strip() or str(default)
    if not (written.isascii() and written.isdigit() and len(written) < 9 and least <= int(written) <= most):
        raise ImproperlyConfigured(f"{name} is “{written}”. Write a whole number from {least} to {most}.")
    return int(written)


def database(default: str) -> dict[str, Any]:
    """The database of the environment; one that can't be read is not repeated, since it has a password."""
    address = env.str("DATABASE_URL", default="") or default
    try:
        if re.match("(sqlite|postgres|postgresql)://", address):
            found: dict[str, Any] = environ.Env.db_url_config(address)  # type: ignore[no-untyped-call]
            return found
    except ValueError:
        pass
    raise ImproperlyConfigured(
        "DATABASE_URL names no database that this runs on. Write postgres://user:password@host:5432/name, "
        "with what isn’t a letter or digit in the password written as %40 and the like, or sqlite:////folder/file."
    )


def rate(name: str, default: str) -> str:
    """How often something may be asked for, from the environment."""
    written = str(env.str(name, default=default))
    if written != "off" and not re.fullmatch(r"[1-9][0-9]{0,5}/(second|minute|hour|day)", written, re.ASCII):
        raise ImproperlyConfigured(
            f"{name} is “{written}”. Write a number of requests and second, minute, hour or day: {default}. "
            "Or write “off”."
        )
    return written


DEBUG = env.bool("TIMELINE_DEBUG", default=False)
LOOPBACK = {"127.0.0.1", "localhost", "[::1]"}
ALLOWED_HOSTS = env.list("TIMELINE_ALLOWED_HOSTS", default=sorted(LOOPBACK))
if "*" in ALLOWED_HOSTS:
    raise ImproperlyConfigured("TIMELINE_ALLOWED_HOSTS must name hosts; “*” would let any name through.")

OUTSIDE = not set(ALLOWED_HOSTS) <= LOOPBACK
SECRET_KEY = secret_key(BASE_DIR / ".secret-key", outside=OUTSIDE)
# Keys from before: what was signed with them is good until they are taken out.
SECRET_KEY_FALLBACKS = env.list("TIMELINE_OLD_SECRET_KEYS", default=[])

# A site that is reached from outside is served over HTTPS; on the loopback there is no certificate.
HTTPS = env.bool("TIMELINE_HTTPS", default=OUTSIDE)
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS] if HTTPS else []
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Over HTTPS, cookies have names that a browser takes from this very host only, not from one beside it.
SESSION_COOKIE_NAME = "__Host-sessionid" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken" if HTTPS else "csrftoken"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"  # a link to the admin in a mail still finds its reader logged in
CSRF_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_AGE = 3600 * whole_number("TIMELINE_SESSION_HOURS", default=12, least=1, most=24 * 90)

# Which events readers see: all that no curator has rejected, or only those that one has confirmed.
PUBLIC = env.str("TIMELINE_PUBLIC", default="all")
if PUBLIC not in ("all", "confirmed"):
    raise ImproperlyConfigured(f"TIMELINE_PUBLIC is “{PUBLIC}”. Write “all” or “confirmed”.")

# How often one address may ask the API, and for what isn't kept ready (timeline/throttling.py).
API_RATE = rate("TIMELINE_API_RATE", default="120/minute")
PAGE_RATE = rate("TIMELINE_PAGE_RATE", default="600/minute")

# Logins that fail: how many from one address are borne is said in timeline/throttling.py. Attempts are kept
# in the database, so that all processes know of them.
PROXIES = whole_number("TIMELINE_PROXIES", default=0, least=0, most=9)
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
AXES_HANDLER = "timeline.throttling.Attempts"
AXES_CLIENT_IP_CALLABLE = "timeline.throttling.address_of"
AXES_USERNAME_CALLABLE = "timeline.throttling.name_of"
AXES_LOCKOUT_CALLABLE = "timeline.throttling.locked_out"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"], "ip_address"]
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the wait that was told is the wait
AXES_DISABLE_ACCESS_LOG = True  # who logged in from where is nobody's business for ever
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken"]
AXES_ENABLE_ADMIN = False  # timeline/admin/users.py has a page of its own
AXES_VERBOSE = False

# ISO 3166-1 has no code for it; articles, Wikidata and ACLED’s names have this one.
COUNTRIES_OVERRIDE = {"XK": "Kosovo"}

INSTALLED_APPS = [
    "timeline.apps.RoomConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "corsheaders",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.contrib.sitemaps",
    "timeline.apps.FailedLoginsConfig",
    "csp",
    "django_countries",
    "django_filters",
    "django_guid",
    "django_tasks",
    "django_tasks_db",
    "timeline",
]

MIDDLEWARE = [
    "timeline.metrics.views_named",
    "timeline.probes.probes",
    "timeline.logs.well_formed_ids",
    "django_guid.middleware.guid_middleware",
    "timeline.headers.Headers",
    "csp.middleware.CSPMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "axes.middleware.AxesMiddleware",
    "timeline.outages.Outages",
]

ROOT_URLCONF = "timeline.urls"
WSGI_APPLICATION = "timeline.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database(f"sqlite:///{BASE_DIR / 'db.sqlite3'}")}
# How many connections to PostgreSQL the threads of a process share; 0 for one each.
POOL = whole_number("TIMELINE_POOL", default=0, least=0, most=1000)
# A thread keeps its connection for a while: opening one takes longer than most answers.
DATABASES["default"] |= {"CONN_MAX_AGE": 60, "CONN_HEALTH_CHECKS": True}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # Readers go on while a load writes (WAL); a second writer waits its turn instead of failing, and takes
    # the lock when it begins, so that it can't be refused half-way. Django turns foreign keys on by itself.
    DATABASES["default"]["OPTIONS"] = {
        "timeout": 30,
        "transaction_mode": "IMMEDIATE",
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA cache_size=-65536;",
    }
elif POOL:
    DATABASES["default"]["CONN_MAX_AGE"] = 0  # what a thread kept, the pool would never get back
    pool = {"min_size": 1, "max_size": POOL, "timeout": 30}
    DATABASES["default"]["OPTIONS"] = DATABASES["default"].get("OPTIONS", {}) | {"pool": pool}
# What can be made again at any time: snapshots of the columns that count and page the events.
CACHE_FOLDER = env.str("TIMELINE_CACHE_FOLDER", default=str(BASE_DIR / ".cache"))
# Answers to readers, kept in each process until the data changes (timeline/answers.py).
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "pages": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "pages",
        "TIMEOUT": None,
        "OPTIONS": {"MAX_ENTRIES": 300},
    },
    # Which curator looks at which event, told to all processes (timeline/reviewing.py).
    "looking": {
        "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
        "LOCATION": str(Path(CACHE_FOLDER) / "looking"),
        "TIMEOUT": 300,
    },
}
# How often each address has asked of late, told to all processes of this machine.
CACHES["asking"] = CACHES["looking"] | {
    "LOCATION": str(Path(CACHE_FOLDER) / "asking"),
    "OPTIONS": {"MAX_ENTRIES": 1000},  # addresses; of more, some begin anew
}
# Uploaded articles are read by tasks, which wait in the database: a thread of the web process works them off,
# or a process of their own does (timeline/background.py).
TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend"}}
TIMELINE_TASKS = env.str("TIMELINE_TASKS", default="inside")
if TIMELINE_TASKS not in ("inside", "worker"):
    raise ImproperlyConfigured(f"TIMELINE_TASKS is “{TIMELINE_TASKS}”; it must be “inside” or “worker”.")
# How long the reading of one article may take (timeline/extraction/clock.py).
READING_SECONDS = whole_number("TIMELINE_READING_SECONDS", default=60, least=10, most=86_400)
UPLOAD_FILES = whole_number("TIMELINE_UPLOAD_FILES", default=100, least=1, most=10_000)
UPLOAD_MEGABYTES = whole_number("TIMELINE_UPLOAD_MEGABYTES", default=50, least=1, most=10_000)
UPLOAD_ARTICLES = whole_number("TIMELINE_UPLOAD_ARTICLES", default=500, least=1, most=100_000)
# The form of an upload says what is too much, in words; these are only what no request can go beyond.
DATA_UPLOAD_MAX_NUMBER_FILES = UPLOAD_FILES + 100
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000 + 8 * UPLOAD_ARTICLES
DATA_UPLOAD_MAX_MEMORY_SIZE = 6_000_000  # a pasted article
# Django sets no bound to the files of a request, whoever sends it and wherever to.
MOST_BYTES = UPLOAD_MEGABYTES * 1_000_000 + DATA_UPLOAD_MAX_MEMORY_SIZE + 1_000_000  # for what is around them
FILE_UPLOAD_HANDLERS = [
    "timeline.bounding.Bounded",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
BROWSER_LIBRARY = BASE_DIR / "node_modules" / "plotly.js-basic-dist-min"
STATICFILES_DIRS = [BASE_DIR / "static", ("plotly", BROWSER_LIBRARY)]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
    },
}

# Pages of other sites may read what is there to be taken away, as anybody, and nothing else.
CORS_URLS_REGEX = (
    r"^/(api/|schema/|oembed$|events\.(json|csv|ics|atom)$|passages\.csv$|timelinejs\.json$|"
    r"(sources/[0-9]+/)?annotations\.jsonld$|figure\.json$|events/[0-9]+\.(json|csv|ics)$|sources/[0-9]+\.txt$)"
)
# And may show pictures and frames; static files, because a frame in a sandbox belongs to no site.
SHARED_URLS_REGEX = rf"{CORS_URLS_REGEX}|^/embed/|^/(events/[0-9]+/)?picture\.png$|^{STATIC_URL}"
CORS_ALLOW_ALL_ORIGINS = True
CORS_ALLOW_METHODS = ["GET", "HEAD", "OPTIONS"]
CORS_ALLOW_HEADERS = ["accept", "if-none-match"]
CORS_EXPOSE_HEADERS = ["Content-Disposition", "ETag", "Retry-After"]

# The API is read by anybody and written by nobody: it knows of no users. More is in timeline/api/views.py.
REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [],
    "UNAUTHENTICATED_USER": None,
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Political event timeline",
    "DESCRIPTION": "Events read out of news articles, each with the words behind it. All of it is read only.",
    "VERSION": "1",
    "OAS_VERSION": "3.1.0",
    "ENUM_NAME_OVERRIDES": {
        "EventKind": "timeline.models.Kind",
        "ActorKind": "timeline.models.Actor.Kind",
        "Status": "timeline.models.Status",
        "Role": "timeline.models.Participation.Role",
        "Standing": "timeline.models.Mention.Standing",
        "Format": "timeline.models.Import.Format",
    },
}

# Where Prometheus may ask how the site does, on this machine only; 0 for nowhere (timeline/metrics.py).
METRICS_PORT = whole_number("TIMELINE_METRICS_PORT", default=0, least=0, most=65535)
# Every request has an id, which its answer and all lines of the log about it bear (timeline/logs.py).
DJANGO_GUID = {"GUID_HEADER_NAME": "X-Request-ID", "EXPOSE_HEADER": False}
if logs.chosen_format() not in logs.FORMATS:
    raise ImproperlyConfigured(
        f"TIMELINE_LOG_FORMAT is “{logs.chosen_format()}”; it must be “plain” or “json”."
    )
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"request": {"()": "timeline.logs.WithRequest"}},
    "formatters": {"lines": {"()": "timeline.logs.formatter"}},
    "handlers": {
        "console": {"class": "logging.StreamHandler", "formatter": "lines", "filters": ["request"]},
    },
    "root": {"handlers": ["console"], "level": env.str("TIMELINE_LOG_LEVEL", default="INFO")},
    "loggers": {
        "axes": {"level": "WARNING"},  # failures, not who logs in
        "django_guid": {"level": "ERROR"},  # not a line for each request that brings no id
    },
}

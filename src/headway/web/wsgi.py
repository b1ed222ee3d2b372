"""The service for a web server: `gunicorn headway.web.wsgi`."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "headway.web.settings")
application = get_wsgi_application()

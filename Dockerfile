# The site and its workers. Without BuildKit's own syntax, so that the classic builder takes it too.
FROM python:3.11.11-slim-bookworm

ENV PATH=/opt/callboard/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    # Nobody imports from here before the first start, and sources that are mounted stay clean.
    PYTHONDONTWRITEBYTECODE=1

# Only a changed lock installs anything anew.
COPY dockr/requirements.lock /tmp/requirements.lock
RUN python3 -m venv /opt/callboard \
 && pip --disable-pip-version-check install --quiet --no-cache-dir --compile --no-deps --require-hashes --requirement /tmp/requirements.lock \
 && pip --disable-pip-version-check check \
 && pip --disable-pip-version-check uninstall --quiet --yes pip setuptools \
 && rm /tmp/requirements.lock \
 && useradd --system --uid 10001 --user-group --no-create-home --shell /usr/sbin/nologin callboard

WORKDIR /app
COPY .flaskenv ./
COPY dockr/ dockr/
COPY migrations/ migrations/
COPY project/ project/
COPY workers/ workers/
COPY accounts/ accounts/
COPY courses/ courses/
COPY tasks_app/ tasks_app/
COPY reviews/ reviews/
# Whatever the modes of the checkout, the user below may read it.
RUN chmod -R a+rX . && python3 -m compileall -q .

USER callboard
EXPOSE 8000
CMD ["dockr/web"]

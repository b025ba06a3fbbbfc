"""Is the web process in this container ready? Exit code 0, or 1 with what it says is missing."""

import sys
from http.client import HTTPConnection, HTTPException

connection = HTTPConnection("127.0.0.1", 8000, timeout=8)
try:
    connection.request("GET", "/readyz")
    answer = connection.getresponse()
    said = answer.read().decode()
except (OSError, HTTPException) as fault:
    sys.exit(f"no answer: {fault}")
print(said)
sys.exit(answer.status != 200)

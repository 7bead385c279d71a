"""Prints where cargo has put a program, out of its messages on standard input."""

import json
import sys

found = None
for line in sys.stdin:
    message = json.loads(line)
    if message.get("executable") and message["target"]["name"] == sys.argv[1]:
        found = message["executable"]
if found is None:
    sys.exit(f"cargo built no {sys.argv[1]}")
print(found)

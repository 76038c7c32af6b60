"""Work with many different stacks:  stdlib.py SECONDS

Parses, tokenizes, compiles, searches, packs and serialises the standard library
until SECONDS of CPU time are spent.
"""
import ast
import glob
import io
import json
import os
import re
import sys
import time
import tokenize
import zipfile


def work(path):
    with open(path, encoding="utf-8") as file:
        source = file.read()
    sum(1 for _ in ast.walk(ast.parse(source)))
    compile(source, path, "exec")
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    text = json.dumps([(token.type, token.string) for token in tokens], indent=1)
    json.loads(text)
    re.findall(r"\bdef\s+(\w+)\s*\(([^)]*)\)", source)
    re.purge()
    re.compile(r"(a|b)*c[^%%]{2,%d}(?P<name>\w+|\d{1,3})" % (len(source) % 7 + 3))
    with zipfile.ZipFile(io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("source", source)


files = sorted(glob.glob(os.path.join(os.path.dirname(os.__file__), "*.py")))
end = time.process_time() + float(sys.argv[1])
number = 0
while time.process_time() < end:
    work(files[number % len(files)])
    number += 1

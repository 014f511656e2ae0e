"""Prints the path of a Python whose Django is another than this one's, if the machine has one, and nothing otherwise.

3.11 gets Django 5.2 LTS, 3.12 and later the newest: two sides of one line, so one Python of each side is enough.
"""

import glob
import os
import shutil
import subprocess
import sys

ASK = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"


def main() -> None:
    wanted = ["3.13", "3.12"] if sys.version_info < (3, 12) else ["3.11"]
    for version in wanted:
        for path in [
            shutil.which(f"python{version}"),
            *sorted(glob.glob(os.path.expanduser(f"~/.pyenv/versions/{version}.*/bin/python3"))),
        ]:
            if path and subprocess.run([path, "-c", ASK], capture_output=True, text=True).stdout.strip() == version:
                print(path)
                return


if __name__ == "__main__":
    main()

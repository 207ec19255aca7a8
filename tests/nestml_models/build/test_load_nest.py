"""NEST is imported whatever the command line says."""

import os
import subprocess
import sys


def test_arguments_that_are_no_text_are_kept_from_nest():
    script = "import sys; from nestml_models.build import load_nest; load_nest(); print(sys.argv)"
    name = b"caf\xe9"  # as Latin-1 spells it
    done = subprocess.run(
        [sys.executable, "-c", script, name], capture_output=True, check=True, text=True
    )
    assert done.stdout.strip() == str(["-c", os.fsdecode(name)])

"""The image, laid out in a folder as its Dockerfile lays it out."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The image's working folder, with what the Dockerfile copies beside and into it."""
    told = (ROOT / "Dockerfile").read_text()
    work: Path = tmp_path / re.findall(r"^WORKDIR /(\S+)$", told, re.MULTILINE)[0]
    for source, target in re.findall(r"^COPY (\S+) (\S+)$", told, re.MULTILINE):
        to = tmp_path / target.lstrip("/") if target.startswith("/") else work / target
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, to, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            to.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / source, to)
    return work


def test_what_a_mounted_folder_of_templates_lacks_is_in_the_image(image: Path) -> None:
    """A new version starts with a folder of an older one: whatever came since is taken from beside it."""
    own = image / "message_templates"
    shutil.rmtree(own)
    (own / "alert").mkdir(parents=True)
    asked = "from alertnet import shipped as s; print(*map(s.shipped, (s.TEMPLATES, s.TREES, s.MIGRATIONS)))"

    done = subprocess.run([sys.executable, "-c", asked], cwd=image, capture_output=True, text=True, check=True)

    templates, trees, migrations = map(Path, done.stdout.split())
    assert templates.is_relative_to(image.parents[1])
    assert (templates / "alert/en/sms.j2").is_file()
    assert (trees / "teams.yaml").is_file()
    assert [*(migrations / "versions").glob("*.py")]

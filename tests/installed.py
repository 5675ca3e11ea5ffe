"""What `doctor` answers on a small machine."""

from __future__ import annotations

from convonet.documents.installation import InstallationDocument

INSTALLED = InstallationDocument.of(
    {
        "ready": True,
        "parts": [],
        "machine": {
            "memory_bytes": 2**33,
            "backend": "torch",
            "device": "CPU",
            "processor": "P",
            "cores": 2,
            "platform": "Linux",
        },
        "versions": {"convonet": "1", "keras": "3.15"},
        "folders": {"home": "/h", "cache": "/c"},
    }
)

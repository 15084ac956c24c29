from pathlib import Path

import pytest

from tests.harness.client import Client
from tests.interop.support import Lake


@pytest.fixture()
def lake(admin: Client, schema: str, external: Path) -> Lake:
    folder = external / schema
    folder.mkdir()
    return Lake(admin, schema, folder)

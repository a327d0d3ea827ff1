"""Over HTTP: a person's and the installation's access is tried on a repository of the code host, and on nothing else."""

from __future__ import annotations

import httpx2
import pytest

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("whose", ["mine", "installation"])
async def test_an_access_is_tried_only_on_the_code_host_and_only_if_it_is_there(
    client: httpx2.AsyncClient, whose: str
) -> None:
    path = f"/api/connections/{whose}/check"
    missing = await client.post(path, json={"repository": "https://github.com/ada/shop"})
    assert (missing.status_code, missing.json()["detail"]) == (404, "There is no connection here.")
    for elsewhere in ("https://evil.example/ada/shop", "/etc", "https://github.com:8443/ada/shop"):
        refused = await client.post(path, json={"repository": elsewhere})
        assert (refused.status_code, "https://github.com" in refused.json()["detail"]) == (422, True)
    assert (await client.post(path)).status_code == 422

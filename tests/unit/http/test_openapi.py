"""The route registry: what handlers may rely on, and the document that comes from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import httpx
import pytest
from pydantic import BaseModel, Field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response

from vcounter.domain.errors import LinkExpired, NotSignedIn, TooMany
from vcounter.http.middleware import stack
from vcounter.http.openapi import Ctx, Routes, build
from vcounter.http.openapi_document import document
from vcounter.http.problems import exception_handlers
from vcounter.observability.metrics import Metrics
from vcounter.settings import Settings


class Opened(BaseModel):
    visit_id: str
    digits: str = Field(pattern=r"^\d+$")


class Page(BaseModel):
    size: int = Field(10, ge=1, le=50)


@dataclass(frozen=True)
class Staff:
    role: str


routes = Routes("visits")
Any_ = Ctx[str, Staff | None]


@routes.route("POST", "/visits", body=Opened, returns=Opened, status=201, errors=(LinkExpired,))
async def open_visit(ctx: Any_, body: Opened) -> Opened:
    """Open a visit."""
    return body


@routes.route("POST", "/lead", auth="staff", role="team_lead")
async def lead_only(ctx: Any_) -> None:
    """Do what leads do."""


@routes.route("GET", "/visits/{visit_id}", query=Page, returns=list[Opened])
async def get_visit(ctx: Any_) -> list[Opened]:
    page = ctx.query_as(Page)
    return [Opened(visit_id=ctx.path["visit_id"], digits=str(page.size))]


@routes.route("POST", "/image", accepts="image/jpeg", max_bytes=10, returns=Opened)
async def upload(ctx: Any_, body: bytes) -> dict[str, str]:
    return {"visit_id": ctx.services, "digits": str(len(body))}


@routes.route("GET", "/crash")
async def crash(ctx: Any_) -> None:
    raise RuntimeError("secret 13812345678")


@routes.route("GET", "/wrong", returns=Opened)
async def wrong_answer(ctx: Any_) -> dict[str, str]:
    return {"visit_id": "v", "digits": "letters"}


@routes.route("GET", "/too-many")
async def too_many(ctx: Any_) -> None:
    raise TooMany(retry_after_s=7.2)


@routes.route("GET", "/demo", demo=True)
async def demo_page(ctx: Any_) -> Response:
    return Response(b"demo")


async def _staff(request: Request) -> Staff:
    role = request.headers.get("x-role")
    if role is None:
        raise NotSignedIn
    return Staff(role)


@pytest.fixture
def client() -> Callable[..., httpx.AsyncClient]:
    def make(demo: bool = False) -> httpx.AsyncClient:
        app = Starlette(
            routes=build([routes], "services", {"staff": _staff}, demo=demo),
            middleware=stack(Settings(), Metrics()),
            exception_handlers=exception_handlers(),
        )
        return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://counter")

    return make


Make = Callable[..., httpx.AsyncClient]


async def test_a_valid_body_reaches_the_handler_and_its_answer_the_client(client: Make) -> None:
    async with client() as http:
        answer = await http.post("/api/v1/visits", json={"visit_id": "vis_1", "digits": "12"})

    assert answer.status_code == 201
    assert answer.json() == {"visit_id": "vis_1", "digits": "12"}


@pytest.mark.parametrize(
    ("content", "field"),
    [(b"{", "body"), (b'{"visit_id":"v","digits":"x"}', "digits"), (b"[]", "body")],
)
async def test_bad_input_names_the_field_and_repeats_no_value(
    client: Make, content: bytes, field: str
) -> None:
    async with client() as http:
        answer = await http.post(
            "/api/v1/visits", content=content, headers={"content-type": "application/json"}
        )

    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == "invalid_input"
    assert answer.json()["fields"]["field"] == field


async def test_a_form_is_not_taken_for_json(client: Make) -> None:
    async with client() as http:
        answer = await http.post("/api/v1/visits", data={"visit_id": "v"})

    assert answer.json()["fields"]["reason"] == "media_type"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"x-role": "team_lead"}, 403, "forbidden"),
        ({"x-requested-with": "vcounter"}, 401, "not_signed_in"),
        ({"x-requested-with": "vcounter", "x-role": "agent"}, 403, "forbidden"),
    ],
)
async def test_staff_routes_want_the_header_a_login_and_the_role(
    client: Make, headers: dict[str, str], status: int, code: str
) -> None:
    async with client() as http:
        answer = await http.post("/api/v1/lead", headers=headers)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


async def test_none_is_answered_without_content(client: Make) -> None:
    async with client() as http:
        answer = await http.post(
            "/api/v1/lead", headers={"x-requested-with": "vcounter", "x-role": "team_lead"}
        )

    assert (answer.status_code, answer.content) == (204, b"")


async def test_query_strings_are_parsed_and_refused_like_bodies(client: Make) -> None:
    async with client() as http:
        good = await http.get("/api/v1/visits/vis_9?size=20")
        bad = await http.get("/api/v1/visits/vis_9?size=51")

    assert good.json() == [{"visit_id": "vis_9", "digits": "20"}]
    assert bad.json()["fields"]["field"] == "size"


async def test_a_body_over_the_routes_limit_is_too_large(client: Make) -> None:
    async with client() as http:
        headers = {"content-type": "image/jpeg"}
        small = await http.post("/api/v1/image", content=b"x" * 10, headers=headers)
        large = await http.post("/api/v1/image", content=b"x" * 11, headers=headers)

    assert small.json()["digits"] == "10"
    assert large.json()["code"] == "payload_too_large"


@pytest.mark.parametrize("path", ["/api/v1/crash", "/api/v1/wrong"])
async def test_a_crash_says_nothing_but_its_request_id(client: Make, path: str) -> None:
    async with client() as http:
        answer = await http.get(path)

    assert answer.status_code == 500
    assert answer.json()["code"] == "internal"
    assert answer.json()["request_id"] == answer.headers["x-request-id"]
    assert "13812345678" not in answer.text
    assert "letters" not in answer.text


async def test_a_limit_says_when_to_come_back(client: Make) -> None:
    async with client() as http:
        answer = await http.get("/api/v1/too-many")

    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "7"


async def test_unknown_addresses_and_methods_are_problems_too(client: Make) -> None:
    async with client() as http:
        missing = await http.get("/api/v1/nowhere")
        method = await http.delete("/api/v1/visits")

    assert missing.json()["code"] == "not_found"
    assert method.json()["code"] == "method_not_allowed"


async def test_demo_routes_exist_in_the_demo_only(client: Make) -> None:
    async with client() as http, client(demo=True) as demo:
        assert (await http.get("/api/v1/demo")).status_code == 404
        assert (await demo.get("/api/v1/demo")).status_code == 200


async def test_another_origin_may_not_post(client: Make) -> None:
    async with client() as http:
        answer = await http.post(
            "/api/v1/visits",
            json={"visit_id": "v", "digits": "1"},
            headers={"origin": "https://evil.example"},
        )
        own = await http.post(
            "/api/v1/visits",
            json={"visit_id": "v", "digits": "1"},
            headers={"origin": "http://counter"},
        )

    assert answer.json()["fields"] == {"reason": "origin"}
    assert own.status_code == 201


async def test_api_answers_are_not_stored_and_load_nothing(client: Make) -> None:
    async with client() as http:
        answer = await http.get("/api/v1/visits/v")

    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_the_document_describes_every_route_and_its_problems() -> None:
    found = document([routes], demo=True)

    opened = found["paths"]["/api/v1/visits"]["post"]
    assert opened["operationId"] == "open_visit"
    assert opened["summary"] == "Open a visit"
    assert opened["responses"]["410"]["x-codes"] == ["link_expired"]
    assert found["paths"]["/api/v1/lead"]["post"]["x-roles"] == ["team_lead"]
    assert found["paths"]["/api/v1/image"]["post"]["requestBody"]["content"].keys() == {
        "image/jpeg"
    }
    names = {p["name"] for p in found["paths"]["/api/v1/visits/{visit_id}"]["get"]["parameters"]}
    assert names == {"visit_id", "size"}
    assert "Opened" in found["components"]["schemas"]
    assert "/api/v1/demo" not in document([routes])["paths"]


def test_two_operations_may_not_share_a_name() -> None:
    with pytest.raises(ValueError, match="open_visit"):
        document([routes, routes])


def test_a_handler_that_cannot_take_the_body_is_refused_at_once() -> None:
    async def handler(ctx: Any_) -> None: ...

    with pytest.raises(TypeError, match="2 argument"):
        Routes("x").route("POST", "/x", body=Opened)(handler)

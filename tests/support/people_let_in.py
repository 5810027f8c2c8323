"""A clinician at the REST interface of a program that runs."""

import json
from typing import Any

import httpx2

SESSION = {
    "room": "Room 1",
    "patient": {"label": "A.B.", "birth_year": 1980, "weight_kg": 70},
    "order": {"treatment": "ketamine_iv", "dose_mg_per_kg": 0.5, "duration_min": 40},
}


class Person:
    """A clinician at the REST interface, let in by an administrator."""

    def __init__(self, url: str, admin_link: str) -> None:
        self._url = url
        self._admin = self._entered(admin_link)
        self._admin.post("/api/v1/people", json={"username": "a.meyer", "name": "A. Meyer", "role": "clinician"}).raise_for_status()
        self.http = self._entered(self.link())

    def link(self) -> str:
        answer = self._admin.post("/api/v1/people/a.meyer/tickets").raise_for_status()
        return f"{self._url}{answer.json()['path']}"

    def _entered(self, link: str) -> httpx2.Client:
        http = httpx2.Client(base_url=self._url, headers={"Origin": self._url}, timeout=20)
        http.post("/auth/ticket", data={"ticket": link.partition("ticket=")[2]})
        assert http.cookies
        return http

    def __enter__(self) -> "Person":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()
        self._admin.close()

    def session(self, session: str) -> dict[str, Any]:
        """As a screen is given it."""
        view: dict[str, Any] = self.http.get(f"/api/v1/sessions/{session}").raise_for_status().json()
        return view

    def vitals(self, session: str) -> dict[str, dict[str, Any]]:
        return {vital["vital"]: vital for vital in self.session(session)["vitals"]}

    def opens_session(self) -> str:
        return str(self.http.post("/api/v1/sessions", json=SESSION).raise_for_status().json()["id"])

    def begins(self, session: str) -> None:
        self.http.post(f"/api/v1/sessions/{session}/phase", json={"phase": "baseline"}).raise_for_status()

    def measured(self, session: str) -> list[dict[str, Any]]:
        """Every reading on record, each with admission's verdict."""
        lines = self.http.get(f"/api/v1/sessions/{session}/export").raise_for_status().text.splitlines()
        bodies = [json.loads(line).get("entry", {}).get("body", {}) for line in lines]
        return [reading for body in bodies if body.get("kind") == "measurement" for reading in body["readings"]]

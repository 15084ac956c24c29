"""Who calls the endpoints, and the objects that their requests are about."""

from __future__ import annotations

import functools
import itertools
import sqlite3
import uuid
from pathlib import Path

from tests.conftest import USER_PASSWORD
from tests.harness.authenticator import Authenticator
from tests.harness.client import Client

ROLES = ("viewer", "editor", "owner")
APPLICATION = {"name": "A", "redirect_uris": ["https://app.example/cb"]}
_numbers = itertools.count()


class World:
    """A server with somebody of each kind."""

    def __init__(self, admin: Client, database: Path) -> None:
        self.team: dict | None = None
        self.admin = admin
        self.database = database
        self.people: dict[str, Client] = {"admin": admin}
        for name in ("stranger", *ROLES):
            self.people[name] = self.person(name)
        self.grantee = self.person("grantee")
        # Objects that only have to be there: for those who are refused before they are looked at.
        self.shared = Cell(self, "admin")

    def refill(self) -> None:
        """Gives back what an address may ask of letters: the limit is not what is looked at here."""
        with sqlite3.connect(self.database) as connection:
            connection.execute("DELETE FROM guess_budgets")
        connection.close()

    def person(self, name: str, admin: bool = False) -> Client:
        email = f"{name}-{next(_numbers)}@example.com"
        body = {"email": email, "name": name, "password": USER_PASSWORD}
        made = self.admin.ok("POST", "users", json=body)
        if admin:
            self.admin.ok("PATCH", f"users/{made['id']}", json={"admin": True})
        client = Client(self.admin.url).login(email, USER_PASSWORD)
        client.email, client.id = email, made["id"]
        return client


class Cell:
    """What one request of one caller is about; objects are made when they are asked for."""

    def __init__(self, world: World, caller: str) -> None:
        self.world, self.caller, self.admin = world, caller, world.admin
        self.client = world.people.get(caller)  # who sends the request
        self.number = next(_numbers)
        self.name = f"n{self.number}"

    def fresh(self) -> None:
        """The caller becomes somebody of the same kind who is needed no more."""
        if self.caller in self.world.people:
            self.client = self.world.person("brief", admin=self.caller == "admin")

    @property
    def own(self) -> Client:
        """Whose personal objects these are: the owner's."""
        return self.world.people["owner"]

    @functools.cached_property
    def catalog(self) -> str:
        name = f"c{self.number}"
        self.admin.ok("POST", "catalogs", json={"name": name})
        for role in ROLES:
            email = self.world.people[role].email
            self.admin.ok("PUT", f"permissions/catalog/{name}/{email}", json={"role": role})
        return name

    @functools.cached_property
    def schema(self) -> dict:
        self.admin.ok("POST", f"catalogs/{self.catalog}/schemas", json={"name": "s"})
        return {"catalog": self.catalog, "schema": "s"}

    @functools.cached_property
    def table(self) -> dict:
        columns = [{"name": "a", "type": "INT"}]
        body = {"name": f"{self.schema['catalog']}.s.t", "columns": columns}
        self.admin.ok("POST", "tables", json=body)
        return self.schema | {"table": "t"}

    @functools.cached_property
    def dropped(self) -> dict:
        values = self.table
        self.admin.ok("DELETE", f"catalogs/{values['catalog']}/schemas/s/tables/t")
        return values

    @functools.cached_property
    def volume(self) -> dict:
        self.admin.volume("s", "v", self.schema["catalog"])
        return self.schema | {"volume": "v"}

    @functools.cached_property
    def file(self) -> dict:
        self.admin.upload(f"{self.volume['catalog']}/s/v/f.csv", b"a\n1\n")
        return self.volume | {"path": "f.csv"}

    @functools.cached_property
    def directory(self) -> dict:
        self.admin.ok("PUT", f"directories/{self.volume['catalog']}/s/v/d")
        return self.volume | {"path": "d"}

    @functools.cached_property
    def upload(self) -> dict:
        body = {"path": f"/Volumes/{self.catalog}/s/v/u", "bytes": 3}
        # Of the caller where they may make one, else of the administrator.
        assert self.volume
        maker = self.client if self.caller in ("editor", "owner") else self.admin
        return {"id": maker.ok("POST", "uploads", json=body)["id"]}

    @functools.cached_property
    def full_upload(self) -> dict:
        maker = self.client if self.caller in ("editor", "owner") else self.admin
        path = f"uploads/{self.upload['id']}"
        sent = maker.request("PATCH", path, data=b"abc", headers={"Upload-Offset": "0"})
        assert sent.ok, sent.text
        return self.upload

    def made(self, by: Client, path: str, body: dict) -> dict:
        return by.ok("POST", path, json=body)

    @functools.cached_property
    def group(self) -> dict:
        return {"id": self.made(self.admin, "groups", {"name": self.name})["id"]}

    @functools.cached_property
    def member(self) -> dict:
        someone = self.world.people["owner"].email
        self.admin.ok("PUT", f"groups/{self.group['id']}/members/{someone}")
        return self.group | {"principal": someone}

    @functools.cached_property
    def role(self) -> dict:
        body = {"name": self.name, "privileges": ["read"]}
        return {"id": self.made(self.admin, "roles", body)["id"]}

    @functools.cached_property
    def passkey(self) -> dict:
        made = Authenticator(self.admin.url).register(self.own, USER_PASSWORD)
        return {"id": made["id"]}

    @functools.cached_property
    def user(self) -> dict:
        return {"id": self.world.person("somebody").id}

    @functools.cached_property
    def invitation(self) -> dict:
        body = {"email": f"{self.name}@example.com"}
        return {"id": self.made(self.admin, "invitations", body)["id"]}

    @functools.cached_property
    def account(self) -> dict:
        return {"id": self.made(self.admin, "service-accounts", {"name": f"a {self.name}"})["id"]}

    @functools.cached_property
    def secret(self) -> dict:
        made = self.made(self.admin, f"service-accounts/{self.account['id']}/secrets", {})
        self.client_secret = made["client_secret"]
        return self.account | {"secret": made["id"]}

    @functools.cached_property
    def key(self) -> dict:
        return {"id": self.made(self.own, "keys", {"name": self.name})["id"]}

    @functools.cached_property
    def saved(self) -> dict:
        body = {"name": self.name, "sql": "SELECT 1"}
        return {"id": self.made(self.own, "saved-queries", body)["id"]}

    @functools.cached_property
    def document(self) -> dict:
        """The owner's, in the workspace."""
        body = {"title": self.name, **self.team}
        return {"id": self.made(self.own, "documents", body)["id"]}

    @functools.cached_property
    def trashed(self) -> dict:
        body = {"title": self.name, **self.team}
        made = self.made(self.own, "documents", body)["id"]
        self.own.ok("DELETE", f"documents/{made}")
        return {"id": made}

    @functools.cached_property
    def link(self) -> dict:
        made = self.made(self.own, f"documents/{self.document['id']}/links", {"level": "view"})
        self.link_token = made["token"]
        return self.document | {"link": made["id"]}

    @functools.cached_property
    def comment(self) -> dict:
        where = f"documents/{self.document['id']}/comments"
        return self.document | {"comment": self.made(self.own, where, {"text": "x"})["id"]}

    @functools.cached_property
    def version(self) -> dict:
        where = f"documents/{self.document['id']}/versions"
        return self.document | {"version": self.made(self.own, where, {"name": "x"})["id"]}

    @functools.cached_property
    def document_file(self) -> dict:
        where = f"documents/{self.document['id']}/files"
        sent = self.own.request("POST", where, params={"name": "a.png"}, data=b"x")
        return self.document | {"file": sent.json()["id"]}

    @property
    def team(self) -> dict:
        """One workspace for all cells: nobody may own more than a hundred."""
        if self.world.team is None:
            self.world.team = self.new_workspace("team")
        return self.world.team

    @functools.cached_property
    def workspace(self) -> dict:
        """The owner's, with a viewer and an editor."""
        return self.new_workspace(self.name)

    def new_workspace(self, name: str) -> dict:
        made = self.made(self.own, "workspaces", {"name": name})["id"]
        for role in ("viewer", "editor"):
            member = self.world.people[role].email
            self.own.ok("PUT", f"workspaces/{made}/members/{member}", json={"role": role})
        return {"workspace": made}

    @functools.cached_property
    def archived(self) -> dict:
        self.own.ok("PATCH", f"workspaces/{self.workspace['workspace']}", json={"archived": True})
        return self.workspace

    @functools.cached_property
    def folder(self) -> dict:
        place = f"workspaces/{self.workspace['workspace']}/folders"
        return {"id": self.made(self.own, place, {"name": self.name})["id"]}

    @functools.cached_property
    def invited(self) -> dict:
        place = f"workspaces/{self.workspace['workspace']}/invitations"
        return {"id": self.made(self.own, place, {"email": f"{self.name}@example.com"})["id"]}

    @functools.cached_property
    def session(self) -> dict:
        other = Client(self.own.url).login(self.own.email, USER_PASSWORD)
        current = next(s for s in other.ok("GET", "auth/sessions")["items"] if s["current"])
        return {"id": current["id"]}

    @functools.cached_property
    def statement(self) -> dict:
        query = str(uuid.uuid4())
        self.own.sql("SELECT 1", query_id=query)
        return {"id": query}

    @functools.cached_property
    def page(self) -> dict:
        body = {"sql": "SELECT * FROM range(100)", "page_rows": 1, "cache": False}
        return {"cursor": self.own.ok("POST", "query", json=body)["next"]}

    @functools.cached_property
    def provider(self) -> dict:
        settings = {"issuer": "https://127.0.0.1:1", "client_id": "c"}
        body = {"slug": self.name, "name": "P", "kind": "oidc", "settings": settings}
        return {"id": self.made(self.admin, "sso/providers", body)["id"]}

    @functools.cached_property
    def application(self) -> dict:
        return {"id": self.made(self.admin, "oauth/clients", APPLICATION)["id"]}

    def on_catalog(self) -> dict:
        return {"type": "catalog", "object": self.catalog}

    def granted(self) -> dict:
        someone = self.world.grantee.email
        path = f"permissions/catalog/{self.catalog}/{someone}"
        self.admin.ok("PUT", path, json={"privileges": ["browse"]})
        return self.on_catalog() | {"principal": someone}


# What a request holds: values of the path, and options of the client's request.

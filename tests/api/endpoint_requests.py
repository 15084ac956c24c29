"""A request for each endpoint that somebody who may do it succeeds with, on objects of its own.

REQUESTS names them by operation. Each is given a Cell, which makes the objects that it needs, and
gives what the path and the request hold.
"""

from __future__ import annotations

from typing import Any, Callable

from tests.api.endpoint_world import APPLICATION, Cell
from tests.conftest import USER_PASSWORD

Recipe = Callable[[Cell], dict]


def path(get: Callable[[Cell], dict], **options: Any) -> Recipe:
    return lambda cell: {"path": get(cell), **options}


def body(**members: Any) -> Recipe:
    return lambda cell: {"json": members}


def letter(**members: Any) -> Recipe:
    def make(cell: Cell) -> dict:
        cell.world.refill()
        return {"json": members}

    return make


def fresh(**members: Any) -> Recipe:
    def make(cell: Cell) -> dict:
        cell.fresh()
        return {"json": members}

    return make


def provider_body(cell: Cell) -> dict:
    settings = {"issuer": "https://idp.example", "client_id": "c"}
    return {"slug": f"b{cell.number}", "name": "P", "kind": "oidc", "settings": settings}


NOTHING: Recipe = lambda cell: {}  # noqa: E731
BAD_LINK = body(token="not a link")
PASSWORD = USER_PASSWORD
# Redirects are answers; what stands behind them is not looked at.
NO_PROVIDER = path(lambda c: {"slug": "none"}, allow_redirects=False)
NOBODY = path(lambda c: {"id": "none"})
NO_PROOF = {
    name: "x" for name in ("credential_id", "client_data", "authenticator_data", "signature")
}
CREDENTIAL = {"path": {"name": "none"}}
STORE = {"name": "s", "urls": ["ftp://nowhere/x"]}

REQUESTS: dict[str, Recipe] = {
    "publicKeys": NOTHING,
    "listMail": NOTHING,
    "serverHealth": NOTHING,
    "listAudit": NOTHING,
    # The own account. Sign-ins and links that are wrong on purpose are so for all.
    "acceptInvitation": body(token="not a link", name="x", password="a-good-password"),
    "deleteMe": fresh(password=PASSWORD),
    "startDeviceSignIn": lambda c: {"data": {"client_id": "openbricks"}},
    "decideDeviceSignIn": body(approve=False, user_code="BCDF-GHJK"),
    "showDeviceSignIn": body(user_code="BCDF-GHJK"),
    "changeEmail": fresh(email="new@example.com", password=PASSWORD),
    "confirmEmail": BAD_LINK,
    "forgotPassword": letter(email="nobody@example.com"),
    "showInvitation": BAD_LINK,
    "login": lambda c: {"json": {"email": c.own.email, "password": PASSWORD}},
    "logout": body(refresh_token="obr_none"),
    "me": NOTHING,
    "renameMe": fresh(name="another"),
    "changePassword": fresh(current=PASSWORD, password="another-password-7"),
    "refresh": body(refresh_token="obr_none"),
    "register": letter(email="x@example.com", name="x", password="a-good-password"),
    "resendVerification": letter(email="nobody@example.com"),
    "resetPassword": body(token="not a link", password="a-good-password"),
    "secondFactor": NOTHING,
    "completeSignIn": body(challenge="none", code="123456"),
    "confirmSecondFactor": fresh(code="123456"),
    "disableSecondFactor": fresh(password=PASSWORD, code="123456"),
    "enrolSecondFactor": fresh(password=PASSWORD),
    "endOtherSessions": lambda c: (c.fresh(), {})[1],
    "listSessions": NOTHING,
    "endSession": path(lambda c: c.session),
    "authSettings": NOTHING,
    "replaceTemporaryPassword": body(challenge="none", password="a-good-password"),
    "verifyEmail": BAD_LINK,
    "listPasskeys": NOTHING,
    "startPasskey": fresh(password=PASSWORD),
    "addPasskey": body(ticket="none", name="x", client_data="x", attestation="x"),
    "renamePasskey": path(lambda c: c.passkey, json={"name": "another"}),
    "removePasskey": path(lambda c: c.passkey, json={"password": PASSWORD}),
    "removePasskeysOf": path(lambda c: c.user),
    "startPasskeySignIn": NOTHING,
    "passkeySignIn": body(ticket="none", **NO_PROOF),
    "startPasskeySecondFactor": body(challenge="none"),
    "passkeySecondFactor": body(challenge="none", ticket="none", **NO_PROOF),
    "oauthToken": lambda c: c.secret
    and {
        "data": {
            "grant_type": "client_credentials",
            "client_id": c.account["id"],
            "client_secret": c.client_secret,
        }
    },
    # Single sign-on: providers, what they keep up to date, and applications that sign people in here.
    "listSignInProviders": NOTHING,
    "lookUpSignIn": body(email="somebody@example.com"),
    "startProviderSignIn": NO_PROVIDER,
    "completeProviderSignIn": NO_PROVIDER,
    "signInMetadata": NO_PROVIDER,
    "consumeAssertion": lambda c: {"path": {"slug": "none"}, "data": {"SAMLResponse": "x"}}
    | {"allow_redirects": False},
    "finishAssertionSignIn": lambda c: {"path": {"slug": "none"}, "params": {"ticket": "x"}}
    | {"allow_redirects": False},
    "linkIdentity": lambda c: {"path": {"slug": "none"}, "json": {}},
    "listIdentities": NOTHING,
    "unlinkIdentity": NOBODY,
    "listAllSignInProviders": NOTHING,
    "createSignInProvider": lambda c: {"json": provider_body(c)},
    "getSignInProvider": path(lambda c: c.provider),
    "replaceSignInProvider": lambda c: {"path": c.provider, "json": provider_body(c)},
    "deleteSignInProvider": path(lambda c: c.provider),
    "checkSignInProvider": path(lambda c: c.provider),
    "createScimToken": path(lambda c: c.provider),
    "deleteScimToken": path(lambda c: c.provider),
    "scimConfig": NOTHING,
    "scimResourceTypes": NOTHING,
    "scimSchemas": NOTHING,
    "scimUsers": NOTHING,
    "scimCreateUser": body(userName="a@example.com"),
    "scimUser": NOBODY,
    "scimReplaceUser": lambda c: {"path": {"id": "none"}, "json": {}},
    "scimPatchUser": lambda c: {"path": {"id": "none"}, "json": {}},
    "scimDeleteUser": NOBODY,
    "scimGroups": NOTHING,
    "scimCreateGroup": body(displayName="G"),
    "scimGroup": NOBODY,
    "scimReplaceGroup": lambda c: {"path": {"id": "none"}, "json": {}},
    "scimPatchGroup": lambda c: {"path": {"id": "none"}, "json": {}},
    "scimDeleteGroup": NOBODY,
    "openidConfiguration": NOTHING,
    "oauthConfiguration": NOTHING,
    "authorize": lambda c: {"allow_redirects": False},
    "revokeToken": lambda c: {"data": {"token": "x"}},
    "introspectToken": lambda c: {"data": {"token": "x"}},
    "userinfo": NOTHING,
    "postUserinfo": NOTHING,
    "decideAuthorization": body(client_id="none", redirect_uri="https://app.example/cb"),
    "listConsents": NOTHING,
    "withdrawConsent": NOBODY,
    "listOauthClients": NOTHING,
    "createOauthClient": body(**APPLICATION),
    "replaceOauthClient": lambda c: {"path": c.application, "json": APPLICATION},
    "renewOauthClientSecret": path(lambda c: c.application),
    "deleteOauthClient": path(lambda c: c.application),
    # The catalog.
    "listCatalogs": NOTHING,
    "createCatalog": lambda c: {"json": {"name": f"x{c.number}"}},
    "dropCatalog": path(lambda c: {"catalog": c.catalog}, params={"cascade": "true"}),
    "getCatalog": path(lambda c: {"catalog": c.catalog}),
    "changeCatalog": path(lambda c: {"catalog": c.catalog}, json={"comment": "x"}),
    "listSchemas": path(lambda c: {"catalog": c.catalog}),
    "createSchema": path(lambda c: {"catalog": c.catalog}, json={"name": "x"}),
    "dropSchema": path(lambda c: c.schema),
    "getSchema": path(lambda c: c.schema),
    "changeSchema": path(lambda c: c.schema, json={"comment": "x"}),
    "listTables": path(lambda c: c.schema),
    "dropTable": path(lambda c: c.table),
    "getTable": path(lambda c: c.table),
    "changeTable": path(lambda c: c.table, json={"comment": "x"}),
    "listTableFiles": path(lambda c: c.table),
    "getTableHistory": path(lambda c: c.table),
    "previewTable": path(lambda c: c.table),
    "getTableStorage": path(lambda c: c.table),
    "undropTable": path(lambda c: c.dropped),
    "listVolumes": path(lambda c: c.schema),
    "createVolume": path(lambda c: c.schema, json={"name": "x"}),
    "dropVolume": path(lambda c: c.volume),
    "getVolume": path(lambda c: c.volume),
    "search": lambda c: {"params": {"q": "x"}},
    # No upgrade, and a topic that nobody may hear: they end at once.
    "openEventSocket": NOTHING,
    "streamEvents": lambda c: {"params": {"topic": "none"}},
    "listStorageCredentials": NOTHING,
    "createStorageCredential": lambda c: {"json": STORE},
    "dropStorageCredential": lambda c: CREDENTIAL,
    "changeStorageCredential": lambda c: CREDENTIAL | {"json": {"urls": ["s3://x/y"]}},
    "testStorageCredential": lambda c: CREDENTIAL,
    # Files.
    "deleteDirectory": path(lambda c: c.directory),
    "listDirectory": path(lambda c: c.directory),
    "makeDirectory": path(lambda c: c.volume | {"path": "x"}),
    "moveFile": lambda c: c.file
    and {
        "json": {
            "from": f"/Volumes/{c.catalog}/s/v/f.csv",
            "to": f"/Volumes/{c.catalog}/s/v/g.csv",
        }
    },
    "deleteFile": path(lambda c: c.file),
    "getFile": path(lambda c: c.file),
    "putFile": path(lambda c: c.volume | {"path": "x"}, data=b"x"),
    "createUpload": lambda c: c.volume
    and {"json": {"path": f"/Volumes/{c.catalog}/s/v/x", "bytes": 3}},
    "cancelUpload": path(lambda c: c.upload),
    "getUpload": path(lambda c: c.upload),
    "appendUpload": path(lambda c: c.upload, data=b"abc", headers={"Upload-Offset": "0"}),
    "finishUpload": path(lambda c: c.full_upload),
    # SQL.
    "listQueries": NOTHING,
    "getQuery": path(lambda c: c.statement),
    "cancelQuery": path(lambda c: c.statement),
    "runQuery": lambda c: c.table and {"json": {"sql": f"SELECT * FROM {c.catalog}.s.t"}},
    "getQueryPage": path(lambda c: c.page),
    "listSavedQueries": NOTHING,
    "saveQuery": body(name="x", sql="SELECT 1"),
    "deleteSavedQuery": path(lambda c: c.saved),
    "getSavedQuery": path(lambda c: c.saved),
    "changeSavedQuery": path(lambda c: c.saved, json={"name": "x", "sql": "SELECT 2"}),
    # Documents.
    "listDocuments": NOTHING,
    "createDocument": lambda c: {"json": {"title": c.name, **c.team}},
    "listDocumentTemplates": NOTHING,
    "getDocument": path(lambda c: c.document),
    "changeDocument": path(lambda c: c.document, json={"title": "x"}),
    "trashDocument": path(lambda c: c.document),
    "restoreDocument": path(lambda c: c.trashed),
    "deleteDocument": path(lambda c: c.trashed),
    "duplicateDocument": path(lambda c: c.document, json={}),
    "makeDocumentTemplate": path(lambda c: c.document),
    "unmakeDocumentTemplate": path(lambda c: c.document),
    "getDocumentContent": path(lambda c: c.document),
    "putDocumentContent": path(lambda c: c.document, json={"delta": {"ops": []}}),
    "listDocumentLinks": path(lambda c: c.link),
    "createDocumentLink": path(lambda c: c.document, json={"level": "view"}),
    "deleteDocumentLink": path(lambda c: c.link),
    "openDocumentLink": lambda c: c.link and {"json": {"token": c.link_token}},
    "makeTable": lambda c: {
        "json": {
            "name": f"{c.schema['catalog']}.s.x",
            "columns": [{"name": "a", "type": "INT"}],
        }
    },
    "inferTable": lambda c: c.file and {"json": {"path": f"/Volumes/{c.catalog}/s/v/f.csv"}},
    # People and what they may do.
    "listGroups": NOTHING,
    "createGroup": lambda c: {"json": {"name": c.name}},
    "deleteGroup": path(lambda c: c.group),
    "getGroup": path(lambda c: c.group),
    "renameGroup": lambda c: {"path": c.group, "json": {"name": f"{c.name} 2"}},
    "listGroupMembers": path(lambda c: c.group),
    "removeGroupMember": path(lambda c: c.member),
    "addGroupMember": path(lambda c: c.group | {"principal": c.own.email}),
    "findPrincipals": NOTHING,
    "listInvitations": NOTHING,
    "invite": lambda c: {"json": {"email": f"{c.name}@example.com"}},
    "revokeInvitation": path(lambda c: c.invitation),
    "listKeys": NOTHING,
    "createKey": body(name="x"),
    "deleteKey": path(lambda c: c.key),
    "getPermissions": path(Cell.on_catalog),
    "removeGrant": path(Cell.granted),
    "setGrant": path(Cell.granted, json={"privileges": ["read"]}),
    "explainPermission": path(Cell.granted, params={"privilege": "read"}),
    "listRoles": NOTHING,
    "createRole": lambda c: {"json": {"name": c.name, "privileges": ["read"]}},
    "deleteRole": path(lambda c: c.role),
    "changeRole": lambda c: {"path": c.role, "json": {"name": c.name, "privileges": ["write"]}},
    "listServiceAccounts": NOTHING,
    "createServiceAccount": lambda c: {"json": {"name": f"b {c.name}"}},
    "deleteServiceAccount": path(lambda c: c.account),
    "getServiceAccount": path(lambda c: c.account),
    "changeServiceAccount": path(lambda c: c.account, json={"disabled": True}),
    "listClientSecrets": path(lambda c: c.account),
    "createClientSecret": path(lambda c: c.account, json={}),
    "deleteClientSecret": path(lambda c: c.secret),
    "listUsers": NOTHING,
    "createUser": lambda c: {
        "json": {"email": f"{c.name}@example.com", "name": "x", "password": PASSWORD}
    },
    "deleteUser": path(lambda c: c.user),
    "changeUser": path(lambda c: c.user, json={"name": "x"}),
    "setTemporaryPassword": path(lambda c: c.user, json={"password": "a-good-password"}),
    "sendReset": path(lambda c: c.user),
    "resetSecondFactor": path(lambda c: c.user),
    "viewAs": path(lambda c: c.user),
    # Workspaces.
    "listWorkspaces": NOTHING,
    "createWorkspace": body(name="x"),
    "getWorkspace": path(lambda c: c.workspace),
    "changeWorkspace": path(lambda c: c.workspace, json={"text": "x"}),
    "deleteWorkspace": path(lambda c: c.archived),
    "listWorkspaceMembers": path(lambda c: c.workspace),
    "setWorkspaceMember": lambda c: {
        "path": c.workspace | {"principal": c.world.grantee.email},
        "json": {"role": "viewer"},
    },
    "removeWorkspaceMember": path(
        lambda c: c.workspace | {"principal": c.world.people["editor"].email}
    ),
    "listWorkspaceInvitations": path(lambda c: c.workspace),
    "inviteToWorkspace": path(lambda c: c.workspace, json={"email": "x@example.com"}),
    "revokeWorkspaceInvitation": path(lambda c: c.invited),
    "listOwnInvitations": NOTHING,
    "answerInvitation": lambda c: {"path": c.invited, "json": {"accept": True}},
    "listItems": path(lambda c: c.workspace),
    "createFolder": path(lambda c: c.workspace, json={"name": "x"}),
    "listShared": NOTHING,
    "getItem": path(lambda c: c.folder),
    "changeItem": path(lambda c: c.folder, json={"name": "x"}),
    "deleteItem": path(lambda c: c.folder),
    "getWorkspacePreferences": path(lambda c: c.workspace),
    "setWorkspacePreferences": path(lambda c: c.workspace, json={"catalog": "main"}),
    "getPreferences": NOTHING,
    "setPreferences": body(theme="dark"),
    "transferOwnership": lambda c: {
        "path": c.on_catalog(),
        "json": {"principal": c.world.grantee.email},
    },
    "listAccessRequests": NOTHING,
    "requestAccess": body(type="workspace", object="none"),
    "decideAccessRequest": lambda c: {"path": {"id": "none"}, "json": {"grant": True}},
    # Documents in other forms, and by other protocols.
    "exportDocument": path(lambda c: c.document, params={"format": "markdown"}),
    "importDocument": lambda c: {"params": {"name": "x.md", **c.team}, "data": b"x"},
    "readDocumentPage": path(lambda c: c.document),
    "readLinkPage": lambda c: c.link and {"path": {"token": c.link_token}},
    "unlockLinkPage": lambda c: c.link
    and {"path": {"token": c.link_token}, "data": {"password": "x"}},
    "getSocketDocument": path(lambda c: c.document),
    "getOrCreateSocketDocument": path(lambda c: c.document),
    "createSocketDocument": body(),
    "putSocketDocument": path(lambda c: {"document": c.document["id"]}, json={"Data": ""}),
    # An upgrade that is none.
    "openYjsSocket": NOBODY,
    "openHocuspocusSocket": NOTHING,
    "openDocumentSocket": NOBODY,
    # What goes along with documents, and the inbox.
    "listComments": path(lambda c: c.document),
    "createComment": path(lambda c: c.document, json={"text": "x"}),
    "replyToComment": path(lambda c: c.comment, json={"text": "x"}),
    "changeComment": path(lambda c: c.comment, json={"resolved": True}),
    "deleteComment": path(lambda c: c.comment),
    "listVersions": path(lambda c: c.document),
    "createVersion": path(lambda c: c.document, json={"name": "x"}),
    "getVersion": path(lambda c: c.version),
    "renameVersion": path(lambda c: c.version, json={"name": "y"}),
    "restoreVersion": path(lambda c: c.version),
    "deleteVersion": path(lambda c: c.version),
    "getDocumentActivity": path(lambda c: c.document),
    "listDocumentFiles": path(lambda c: c.document),
    "uploadDocumentFile": path(lambda c: c.document, params={"name": "x"}, data=b"x"),
    "getDocumentFile": path(lambda c: c.document_file),
    "deleteDocumentFile": path(lambda c: c.document_file),
    "reportPageError": body(kind="TypeError", message="x", page="/"),
    "listInbox": NOTHING,
    "markInboxRead": body(all=True),
}

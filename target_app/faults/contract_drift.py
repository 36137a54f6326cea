"""Faults of an OpenAPI document that takes back what was released."""

import re
from typing import Any

from starlette.datastructures import Headers

from target_app.fault import fault
from target_app.faults.contract_answers import Answer, ChangedAnswer


class ChangedDocument(ChangedAnswer):
    """The document is another one than the service was released with."""

    path = re.compile("/openapi.json")

    def change(self, answer: Answer, request: Headers, sent: bytes) -> None:
        """Serve another document."""
        del request, sent
        document = answer.json()
        self.edit(document["paths"], document["components"]["schemas"])
        answer.say(document)

    def edit(self, paths: dict[str, Any], schemas: dict[str, Any]) -> None:
        """Change its operations and schemas."""


@fault("contract.operation-untold", detected_by={"contract.compatible", "contract.documented-routes"})
class OperationUntold(ChangedDocument):
    """The list of models is there, and the document does not tell of it any more."""

    def edit(self, paths: dict[str, Any], schemas: dict[str, Any]) -> None:
        """Leave it out."""
        del schemas
        del paths["/models"]


@fault("contract.field-untold", detected_by={"contract.compatible"})
class FieldUntold(ChangedDocument):
    """A field of the settings was released, and the document does not have it any more."""

    def edit(self, paths: dict[str, Any], schemas: dict[str, Any]) -> None:
        """Forget it."""
        del paths
        del schemas["PreferencesOut"]["properties"]["language"]


@fault("contract.field-optional", detected_by={"contract.compatible"})
class FieldOptional(ChangedDocument):
    """A field that every order had is there only now and then, the document says."""

    def edit(self, paths: dict[str, Any], schemas: dict[str, Any]) -> None:
        """Say so."""
        del paths
        schemas["OrderOut"]["required"].remove("amount_cents")


@fault("contract.value-unforeseen", detected_by={"contract.compatible"})
class ValueUnforeseen(ChangedDocument):
    """The settings may tell a theme that no released client knows."""

    def edit(self, paths: dict[str, Any], schemas: dict[str, Any]) -> None:
        """Foresee it."""
        del paths
        schemas["PreferencesOut"]["properties"]["theme"]["enum"].append("sepia")


@fault("contract.renamed-for-clients", detected_by={"contract.compatible"})
class RenamedForClients(ChangedDocument):
    """An operation is called otherwise, as by a function's new name: generated clients lose theirs."""

    def edit(self, paths: dict[str, Any], schemas: dict[str, Any]) -> None:
        """Call it so."""
        del schemas
        paths["/billing/plan"]["get"]["operationId"] = "own_plan"

"""All routes that read documents, with their own limits in front."""

from __future__ import annotations

from flask import Flask

from simulator.library.asking import OwnLimits
from simulator.library.docx import docx_blueprint
from simulator.library.drive import bitable_blueprint, drive_blueprint, sheets_blueprint
from simulator.library.shelves import Shelves
from simulator.library.wiki import wiki_blueprint


def register(app: Flask, shelves: Shelves, limits: OwnLimits) -> None:
    """Adds them to the Open API."""
    makers = (wiki_blueprint, docx_blueprint, drive_blueprint, sheets_blueprint, bitable_blueprint)
    for maker in makers:
        blueprint = maker(shelves)
        blueprint.before_request(limits.check)
        app.register_blueprint(blueprint)

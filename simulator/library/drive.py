"""drive/v1/files, sheets and bitable: the files of a folder, the rows of sheets and bases.

From drive-v1/ugTNzUjL4UzM14CO1MTN/list.md, sheets-v3/spreadsheet-sheet/query.md,
sheets-v3/data/ugTMzUjL4EzM14COxMTN.md, bitable-v1/app-table/list.md and app-table-record/search.md.
"""

from __future__ import annotations

from flask import Blueprint, Response, request

from simulator.api.replies import ApiError, success
from simulator.library.asking import page_of
from simulator.library.shelves import BaseFile, SheetFile, Shelves
from simulator.types import Json


def drive_blueprint(shelves: Shelves) -> Blueprint:
    """drive/v1/files."""
    drive = Blueprint("drive", __name__, url_prefix="/open-apis/drive/v1")

    @drive.get("/files", endpoint="list")
    def list_files() -> Response:
        with shelves.lock:
            folder = shelves.folders.get(request.args.get("folder_token", ""))
            if folder is None:
                raise ApiError(1061003, "not found.", status=404)
            if not folder.permitted:
                raise ApiError(1061004, "forbidden.", status=403)
            refusal = ApiError(1064001, "page size out of limit.")
            files, following = page_of(folder.files, refusal, most=200, usual=100)
        data: Json = {"files": files, "has_more": bool(following)}
        return success(data | ({"next_page_token": following} if following else {}))

    @drive.get("/files/<token>/download", endpoint="download")
    def download(token: str) -> Response:
        with shelves.lock:
            known, content = token in shelves.uploads, shelves.uploads.get(token)
        if content is None:
            # This page of the API lists HTTP statuses and no codes.
            return Response("", status=403 if known else 404, content_type="text/plain")
        return Response(content, content_type="application/octet-stream")

    return drive


def sheets_blueprint(shelves: Shelves) -> Blueprint:
    """The tabs of a spreadsheet and the values of a range."""
    sheets = Blueprint("sheets", __name__, url_prefix="/open-apis/sheets")

    @sheets.get("/v3/spreadsheets/<token>/sheets/query", endpoint="query")
    def query(token: str) -> Response:
        with shelves.lock:
            sheet = _sheet(shelves, token)
            tabs = [_tab(sheet, number, name) for number, name in enumerate(sheet.tabs)]
        return success({"sheets": tabs})

    @sheets.get("/v2/spreadsheets/<token>/values/<place>", endpoint="values")
    def values(token: str, place: str) -> Response:
        with shelves.lock:
            sheet = _sheet(shelves, token)
            name = place.partition("!")[0]
            if name not in sheet.tabs:
                raise ApiError(1310215, "sheetId not found")
            rows, revision = sheet.tabs[name][1], sheet.revision
        found = {"majorDimension": "ROWS", "range": place, "revision": revision, "values": rows}
        return success({"revision": revision, "spreadsheetToken": token, "valueRange": found})

    return sheets


def _sheet(shelves: Shelves, token: str) -> SheetFile:
    sheet = shelves.sheets.get(token)
    if sheet is None:
        raise ApiError(1310214, "SpreadSheet Not Found")
    if not sheet.permitted:
        raise ApiError(1310213, "Permission Fail", status=403)
    return sheet


def _tab(sheet: SheetFile, number: int, name: str) -> Json:
    title, rows = sheet.tabs[name]
    size = {"row_count": len(rows), "column_count": max(map(len, rows), default=0)}
    tab: Json = {
        "sheet_id": name,
        "title": title,
        "index": number,
        "hidden": False,
        "grid_properties": {"frozen_row_count": 0, "frozen_column_count": 0, **size},
        "resource_type": "sheet",
    }
    return tab | ({"merges": sheet.merges[name]} if name in sheet.merges else {})


def bitable_blueprint(shelves: Shelves) -> Blueprint:
    """The tables of a base and their records; refusals come with HTTP 200."""
    bitable = Blueprint("bitable", __name__, url_prefix="/open-apis/bitable/v1/apps/<token>/tables")

    @bitable.get("", endpoint="tables")
    def tables(token: str) -> Response:
        with shelves.lock:
            listed = [
                {"table_id": name, "revision": 1, "name": title}
                for name, (title, _) in _base(shelves, token).tables.items()
            ]
        page, following = page_of(
            listed, ApiError(1254001, "WrongRequestBody", status=200), most=100, usual=20
        )
        return success(
            {"items": page, "page_token": following, "has_more": bool(following), "total": len(listed)}
        )

    @bitable.post("/<table_id>/records/search", endpoint="records")
    def records(token: str, table_id: str) -> Response:
        if not isinstance(request.get_json(force=True, silent=True), dict):
            raise ApiError(1254000, "WrongRequestJson", status=200)
        with shelves.lock:
            base = _base(shelves, token)
            if table_id not in base.tables:
                raise ApiError(1254041, "TableIdNotFound", status=200)
            rows = base.tables[table_id][1]
        refusal = ApiError(1254001, "WrongRequestBody", status=200)
        page, following = page_of(rows, refusal, most=500, usual=20)
        items = [{"record_id": f"rec{number}", "fields": fields} for number, fields in enumerate(page)]
        return success(
            {"items": items, "page_token": following, "has_more": bool(following), "total": len(rows)}
        )

    return bitable


def _base(shelves: Shelves, token: str) -> BaseFile:
    base = shelves.bases.get(token)
    if base is None:
        raise ApiError(1254040, "BaseTokenNotFound", status=200)
    if not base.permitted:
        raise ApiError(1254302, "The role has no permissions.", status=403)
    return base

"""A local Google: Sheets v4, the part of Drive v3 that a sheet's file needs, the token endpoint.

    with GoogleServer(limits=Limits(per_user=60)) as server:
        key = server.service_account("robot@local-project.iam.gserviceaccount.com")
        book = server.new_spreadsheet("Cobrança", owner="ana@example.com", locale="pt_BR")
        server.share(book, key["client_email"], "writer")
        client = open_client(server, key)          # real gspread, real google-auth, real HTTP
        server.fail(Fault(status=500, when="after", method="spreadsheets.batchUpdate"))
        server.person("ana@example.com").types(book, "A1", ["NF-1", "10/01/2026"])

What it goes by
    The discovery document refuses requests (unknown names, wrong types and enums, parameters that
    a method lacks). Google's pages, cited in each module, say the rest. It was held against the
    2,113 requests and answers that gspread's own suite recorded from the live service (2023): 205
    are about files that a replay cannot know; of the other 1,908, 1,906 are answered alike key by
    key, ids and times aside, and two give a column fitted to its text another width. What was
    only remembered or concluded is marked 'not verified' where it is done, and listed below.

Where what is
    app (the server's face), http, desk (one request's way), urls (routes), discovery, masks, wire
    (what is allowed, what is shown, which keys stay), errors, quotas, faults, tokens, drive, person
    state, cells, store (documents, cells, sharing) · a1, ranges (texts and boxes)
    values, tables (values.*; where an append goes) · spreadsheets, rendering, formats (answers)
    batch with sheet_changes, cell_changes, dimension_changes, rearranging, protections, objects
    shifting (what moves with rows and columns) · locales, entered (typed text → values)
    formula_text, formula_parser, formula_values, formula_functions, formula_lookup, calculation
    client (real gspread, led here), stage (a server with a shared sheet, for tests)

Modelled
    spreadsheets: get (ranges, includeGridData, fields), getByDataFilter, create, batchUpdate (53
    of its 74 requests), sheets.copyTo, developerMetadata; values: all ten methods, RAW and
    USER_ENTERED in seven locales (en_US and pt_BR with care), every render option; sparse rows,
    formats with colours in 1/255, merges, checks, notes, links, protections by user, groups,
    bands, filters, names; array formulas that spill and are refused where something stands;
    references that follow insertions, deletions, moves and renames. Drive: files get, list,
    create, update, copy, delete, permissions, capabilities, about. Tokens: signed assertions,
    refresh tokens, scopes, expiry, APIs that are off. Quotas per user, project and minute. Faults
    before and after applying.

Not modelled; asking for it is refused with 501, never answered as if it were
    tables, slicers, data sources, comments, charts on tabs of their own, autoFill, textToColumns,
    pasteData, randomizeRange, updateEmbeddedObjectBorder, duplicateFilterView.

Not modelled, silently
    hiddenByFilter; the results of pivot tables; validation of what programs write (Google's API
    does not refuse it either, not verified); references that follow cutPaste, insertRange,
    deleteRange; rich text beyond being kept; chains of more than about a hundred formulas that
    lean on each other; HTTP compression, deadlines of 180 seconds. Answers are compact unless
    prettyPrint=true (Google's default is the reverse; the JSON is the same).

Seen on the live service by others, and followed (probes published in 2026; each is marked where it
is done): ranges past the grid, quoting of titles, how formulas are stored, blank and empty results,
links, dates that formulas yield, sorting with hidden rows, refusals about merges, tabs, metadata.

Not verified against the live service
    sentences of rarer refusals; patterns that typed money, percentages and dates with month names
    get; how many digits an unformatted number shows; whether a computed "" counts as a trailing
    blank (here it is a value); whether a checkbox that nobody touched reads as blank (here) or
    FALSE; number formats that formulas inherit through more than a reference; what a protection
    refuses beyond cells; which of 403 and 404 a file gets where no recording has it.

Should the server itself break, the answer is 500 and closing it raises what happened.
"""

from .app import GoogleServer, Limits
from .client import open_client
from .faults import Fault

__all__ = ["Fault", "GoogleServer", "Limits", "open_client"]

"""Replaces the generated IDs of Schemathesis with IDs that exist, so that more requests are accepted.

Only complete values of the right form are replaced, so an intentionally invalid body stays invalid.
"""

import random
import re

import schemathesis

UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", re.IGNORECASE)
INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$", re.IGNORECASE)

# `--seed-codes 200000` generates 200 vouchers of the first service. Half of them are used for deletion.
FIRST = 0x101
KEPT, LOST = range(FIRST, FIRST + 100), range(FIRST + 100, FIRST + 200)
CODES = range(FIRST, FIRST + 200_000)


def voucher(pool):
    return f"d15c0000-0000-4000-8000-{random.choice(pool):012x}"


def code():
    return f"c0de0000-0000-4000-8000-{random.choice(CODES):012x}"


def known(name, is_delete):
    """Returns a function that creates an existing ID for a property of this name, or None."""
    return {
        "ServiceId": lambda: "5e000000-0000-4000-8000-000000000001",
        "VoucherId": lambda: voucher(LOST if is_delete else KEPT),
        "VoucherCodeId": code,
        # The travel agency is a company too, so it is valid for every type of voucher.
        "CompanyId": lambda: "c0000000-0000-4000-8000-000000000002",
        "AssignedRateId": lambda: f"4a000000-0000-4000-8000-00000000000{random.randint(1, 3)}",
    }.get(name.removesuffix("s"))


def replace_values(value, name, is_delete):
    if isinstance(value, dict):
        value = {key: replace_values(item, name if key == "Value" else key, is_delete) for key, item in value.items()}
        for start, end in [
            ("StartUtc", "EndUtc"),
            ("ValidityStartUtc", "ValidityEndUtc"),
            ("OccupiableIntervalStartUtc", "OccupiableIntervalEndUtc"),
        ]:
            # Most pairs of random timestamps are in the wrong order, or more than three months apart.
            if is_instant(value.get(start)) and is_instant(value.get(end)):
                value[end] = value[start]
        if value.get("Type") in ("PartnerCompany", "TravelAgency") and value.get("CompanyId") is None:
            value["CompanyId"] = known("CompanyId", False)()
        if "VoucherId" in value and "Value" not in value:
            limit_update(value)
        return value
    if isinstance(value, list):
        return [replace_values(item, name, is_delete) for item in value]
    make = known(name, is_delete)
    if make and isinstance(value, str) and UUID.match(value):
        return make()
    if name == "Cursor" and isinstance(value, str):
        return None
    return value


def limit_update(update):
    """Removes update values that every voucher rejects. Malformed update values stay unchanged."""
    for name in ("Name", "CompanyId"):
        if update.get(name) == {"Value": None}:
            del update[name]
    if update.get("Type") in ({"Value": "PartnerCompany"}, {"Value": "TravelAgency"}) and update.get("CompanyId") is None:
        update["CompanyId"] = {"Value": known("CompanyId", False)()}
    start, end = "OccupiableIntervalStartUtc", "OccupiableIntervalEndUtc"
    set_bounds = [name for name in (start, end) if sets_instant(update.get(name))]
    if len(set_bounds) == 2:
        update[end] = update[start]
    else:
        for name in set_bounds:
            update[name] = {"Value": None}


def sets_instant(value):
    return isinstance(value, dict) and set(value) == {"Value"} and is_instant(value["Value"])


def is_instant(value):
    return isinstance(value, str) and INSTANT.match(value)


@schemathesis.hook
def map_body(context, body):
    # One in eight bodies stays unchanged.
    if not isinstance(body, dict) or random.random() < 0.125:
        return body
    return replace_values(body, "", context.operation.path.endswith("/delete"))

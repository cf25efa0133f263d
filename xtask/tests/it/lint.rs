//! A violation of each rule.

use xtask::files::DOCUMENT;

use crate::project::Project;

/// Each violation: the rule, the text to replace, the replacement, and a part of the expected JSON Pointer.
const VIOLATIONS: &[(&str, &str, &str, &str)] = &[
    (
        "named-operation",
        "      operationId: vouchers_add\n",
        "",
        "vouchers~1add/post",
    ),
    (
        "path-template",
        "  /api/connector/v1/vouchers/add:\n",
        "  /api/connector/v1/vouchers//add:\n",
        "vouchers~1~1add",
    ),
    (
        "parameter",
        "      operationId: vouchers_add\n",
        "      operationId: vouchers_add\n      parameters: [{name: a, in: cookie, schema: {type: string}}]\n",
        "vouchers~1add/post/parameters/0",
    ),
    (
        "parameter-name",
        "  /api/connector/v1/vouchers/add:\n    post:\n",
        "  /api/connector/v1/vouchers/{a}/{A}:\n    post:\n      parameters:\n        - {name: a, in: path, required: true, schema: {type: string}}\n        - {name: A, in: path, required: true, schema: {type: string}}\n",
        "{A}/post/parameters/1",
    ),
    (
        "lossless",
        "          application/json:\n            schema:\n              $ref: '#/components/schemas/MultipleVoucherAddParameters'\n",
        "          application/xml:\n            schema:\n              $ref: '#/components/schemas/MultipleVoucherAddParameters'\n",
        "vouchers~1add/post/requestBody/content",
    ),
    (
        "request-encoding",
        "          application/json:\n            schema:\n              $ref: '#/components/schemas/MultipleVoucherAddParameters'\n",
        "          application/x-www-form-urlencoded:\n            encoding: {a: {style: form}}\n            schema:\n              $ref: '#/components/schemas/MultipleVoucherAddParameters'\n",
        "x-www-form-urlencoded/encoding",
    ),
    (
        "required-property",
        "        - ServiceIds\n",
        "        - ServiceId\n",
        "VoucherFilterParameters/required/4",
    ),
    (
        "known-keyword",
        "          maxItems: 10\n",
        "          maxItem: 10\n",
        "AssignedRateIds/maxItem",
    ),
    (
        "known-format",
        "    VoucherId:\n      type: string\n      format: uuid\n",
        "    VoucherId:\n      type: string\n      format: uud\n",
        "schemas/VoucherId/format",
    ),
    (
        "lossless",
        "          maxLength: 128\n          description: The value that the guest enters.\n",
        "          pattern: '[A-Z]+'\n          description: The value that the guest enters.\n",
        "VoucherCodeAddParameters/properties/Value",
    ),
    (
        "interval",
        "x-max-interval-in-months: 3",
        "x-max-interval-in-months: '3'",
        "properties/UpdatedUtc/x-max-interval-in-months",
    ),
    (
        "update-value",
        "      description: The type to set.\n      required:\n        - Value\n",
        "      description: The type to set.\n",
        "schemas/VoucherTypeUpdateValue",
    ),
    (
        "openapi-version",
        "openapi: 3.0.3",
        "openapi: 2.0.0",
        "#/openapi",
    ),
    (
        "openapi-form",
        "format: int32",
        "format: [int32]",
        "properties/Count",
    ),
    (
        "operation-id",
        "operationId: vouchers_add",
        "operationId: vouchers_update",
        "/operationId",
    ),
    (
        "lossless",
        "    post:\n      operationId: vouchers_add",
        "    posts:\n      operationId: vouchers_add",
        "vouchers~1add",
    ),
    (
        "path-item",
        "  /api/connector/v1/vouchers/add:\n",
        "  /api/connector/v1/vouchers/add:\n    $ref: '#/paths/~1elsewhere'\n",
        "vouchers~1add",
    ),
    ("bounds", "maximum: 1000", "maximum: 0", "properties/Count"),
    (
        "reference",
        "schemas/VoucherAddParameters'",
        "schemas/VoucherAdds'",
        "VoucherParameters/items",
    ),
    ("open-security", "security: []\n", "", "#/security"),
    (
        "nullable-type",
        "          type: integer\n          format: int64\n",
        "          nullable: true\n",
        "Company/properties/Number",
    ),
    (
        "nullable-type",
        "          nullable: true\n          allOf:\n            - $ref: '#/components/schemas/CompanyId'\n",
        "          type: string\n          nullable: true\n          allOf:\n            - $ref: '#/components/schemas/CompanyId'\n",
        "properties/CompanyId",
    ),
    (
        "unique-title",
        "      title: Voucher Extent\n",
        "      title: Voucher\n",
        "/title",
    ),
    (
        "unique-title",
        "      title: Voucher Extent\n",
        "      title: voucher result\n",
        "schemas/VoucherResult/title",
    ),
    (
        "unique-title",
        "      title: Voucher Extent\n",
        "      title: Voucher name update value\n",
        "schemas/VoucherNameUpdateValue",
    ),
    (
        "nullable-at-use",
        "    ActivityState:\n      title: Activity state\n      type: string\n",
        "    ActivityState:\n      title: Activity state\n      type: string\n      nullable: true\n",
        "schemas/ActivityState",
    ),
    (
        "bare-reference",
        "            $ref: '#/components/schemas/ServiceId'\n",
        "            $ref: '#/components/schemas/ServiceId'\n            nullable: true\n",
        "ServiceIds/items",
    ),
    (
        "named-token",
        "        AccessToken:\n          allOf:\n            - $ref: '#/components/schemas/AccessToken'\n",
        "        AccessToken:\n          type: string\n",
        "properties/AccessToken",
    ),
    (
        "named-identifier",
        "            $ref: '#/components/schemas/ServiceId'\n",
        "            type: string\n            format: uuid\n",
        "ServiceIds/items",
    ),
    (
        "named-enum",
        "          description: The internal name of the voucher.\n",
        "          description: The internal name of the voucher.\n          enum: [a]\n",
        "Voucher/properties/Name",
    ),
    (
        "utc-format",
        "          type: string\n          format: date-time\n          description: The inclusive start of the interval.\n",
        "          type: string\n          description: The inclusive start of the interval.\n",
        "TimeFilterInterval/properties/StartUtc",
    ),
    (
        "alternatives",
        "        Iata:\n          type: string\n",
        "        Iata:\n          type: string\n          anyOf: [{}]\n",
        "Iata/anyOf",
    ),
    (
        "closed-request",
        "    Limitation:\n      title: Limitation\n      type: object\n      additionalProperties: false\n",
        "    Limitation:\n      title: Limitation\n      type: object\n",
        "schemas/Limitation",
    ),
    (
        "open-response",
        "    Voucher:\n      title: Voucher\n      type: object\n",
        "    Voucher:\n      title: Voucher\n      type: object\n      additionalProperties: false\n",
        "schemas/Voucher/additionalProperties",
    ),
    (
        "error-body",
        "          schema:\n            $ref: '#/components/schemas/ConnectorApiExceptionResult'\n",
        "          schema:\n            $ref: '#/components/schemas/Unit'\n",
        "/responses/400",
    ),
    (
        "no-content",
        "    NoContent:\n",
        "    NoContent:\n      content: {application/json: {schema: {$ref: '#/components/schemas/Unit'}}}\n",
        "",
    ),
    (
        "described",
        "          description: The inclusive start of the interval.\n",
        "",
        "TimeFilterInterval/properties/StartUtc",
    ),
    (
        "deprecated-for",
        "          x-deprecatedMessage: Use `Names` instead.\n",
        "",
        "Service/properties/Name",
    ),
    (
        "examples",
        "              Minimal:\n                summary: A public voucher\n",
        "              Least:\n                summary: A public voucher\n",
        "vouchers~1add",
    ),
    (
        "full-example",
        "                    VoucherCodes: false\n                    Companies: false\n",
        "                    VoucherCodes: false\n",
        "Full/value/Extent",
    ),
    (
        "operations",
        "  /api/connector/v1/vouchers/add:\n",
        "  /api/connector/v1/vouchers/create:\n",
        "vouchers~1create/post",
    ),
    (
        "polymorphic",
        "    Limitation:\n      title: Limitation\n",
        "    Pair:\n      type: object\n      description: A pair.\n      properties:\n        Discriminator:\n          description: The kind.\n          allOf:\n            - $ref: '#/components/schemas/VoucherType'\n        Value:\n          type: object\n          description: The value.\n    Limitation:\n      title: Limitation\n",
        "schemas/Pair",
    ),
    (
        "lossless",
        "        Iata:\n          type: string\n",
        "        Iata:\n          anyOf:\n            - $ref: '#/components/schemas/OldAddress'\n            - $ref: '#/components/schemas/CompanyOptions'\n",
        "Company/properties/Iata",
    ),
    (
        "lossless",
        "        Iata:\n          type: string\n",
        "        Iata:\n          type: string\n          not: {}\n",
        "Company/properties/Iata",
    ),
    (
        "lossless",
        "          - required: [ScheduledStartUtc, ActualStartUtc]\n",
        "          - required: [ScheduledStartUtc, ActualStartUtc, Limitation]\n",
        "ReservationServiceOrderFilterParameters",
    ),
    (
        "lossless",
        "      description: The filters of a listing of vouchers.\n",
        "      description: The filters of a listing of vouchers.\n      not:\n        required: [CultureCode, VoucherIds]\n",
        "VoucherFilterParameters",
    ),
    (
        "real-token",
        "AccessToken: sandbox-access-token",
        "AccessToken: REAL_TOKEN",
        "AccessToken",
    ),
];

#[test]
fn each_violation_is_found_with_its_location() {
    let project = Project::new();
    let document = project.read(DOCUMENT);
    for (rule, before, after, location) in VIOLATIONS {
        project.write(DOCUMENT, &document);
        // Composed here, so that the project does not contain a string that looks like a real token.
        let token = format!("{}-{}", "0".repeat(32), "0".repeat(31));
        project.edit(before, &after.replace("REAL_TOKEN", &token));
        let ended = project.run(&["lint"]);
        assert_eq!(ended.status, 4, "{rule}: {ended:?}");
        let line = ended
            .stdout
            .lines()
            .find(|line| line.ends_with(&format!("[{rule}]")))
            .unwrap_or_else(|| panic!("{rule} is not in {}", ended.stdout));
        assert!(line.contains(location), "{rule}: {line}");
        assert!(line.starts_with("openapi/connector.yaml#/"), "{line}");
    }
}

#[test]
fn every_rule_has_a_violation_here() {
    for rule in xtask::lint::rules() {
        assert!(
            VIOLATIONS.iter().any(|(name, ..)| *name == rule),
            "no violation of {rule}"
        );
    }
}

#[test]
fn the_spec_has_no_findings() {
    let project = Project::new();
    let ended = project.run(&["lint"]);
    assert_eq!(ended.status, 0, "{ended:?}");
    let named = project.run(&["lint", DOCUMENT]);
    assert_eq!(named.status, 0, "{named:?}");
}

#[test]
fn regenerate_rejects_a_spec_with_findings() {
    let project = Project::new();
    project.edit(
        "          description: The inclusive start of the interval.\n",
        "",
    );
    let ended = project.run(&["regenerate"]);
    assert_eq!(ended.status, 1, "{ended:?}");
    assert!(ended.stderr.contains("missing description"), "{ended:?}");
    assert!(ended.stderr.contains("in your own words"), "{ended:?}");
}

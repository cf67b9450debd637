import assert from "node:assert/strict";
import test from "node:test";

import { Metadata, status, type ServiceError } from "@grpc/grpc-js";

import { BadRequest, ErrorInfo } from "./generated/google/rpc/error_details.js";
import { Status } from "./generated/google/rpc/status.js";
import { meaning, NotAnswered, Refused } from "./refusal.js";

function packed(name: string, content: Uint8Array): { typeUrl: string; value: Buffer } {
  return { typeUrl: `type.googleapis.com/${name}`, value: Buffer.from(content) };
}

function failure(code: status, details: string, domain?: string): ServiceError {
  const metadata = new Metadata();
  if (domain !== undefined) {
    const wrong = BadRequest.fromPartial({
      fieldViolations: [
        { field: "parent", description: "is geen locatie" },
        { field: "source", description: "ontbreekt" },
      ],
    });
    const info = ErrorInfo.fromPartial({ domain, reason: "INVALID_INPUT" });
    const said = Status.fromPartial({
      code,
      details: [
        packed("google.rpc.BadRequest", BadRequest.encode(wrong).finish()),
        packed("google.rpc.ErrorInfo", ErrorInfo.encode(info).finish()),
      ],
    });
    metadata.set("grpc-status-details-bin", Buffer.from(Status.encode(said).finish()));
  }
  return Object.assign(new Error(details), { code, details, metadata });
}

test("a refusal tells its reason and every wrong field", () => {
  const found = meaning(failure(status.INVALID_ARGUMENT, "er is iets mis", "spoedkader"));
  assert.ok(found instanceof Refused);
  assert.equal(found.reason, "INVALID_INPUT");
  assert.equal(found.message, "INVALID_INPUT: er is iets mis\n  parent: is geen locatie\n  source: ontbreekt");
});

test("what the service did not say is no answer", () => {
  for (const error of [
    failure(status.UNAVAILABLE, "weg"),
    failure(status.PERMISSION_DENIED, "een proxy", "elders.example"),
  ]) {
    assert.ok(meaning(error) instanceof NotAnswered);
  }
  assert.equal(meaning(failure(status.UNAVAILABLE, "weg")).message, "geen antwoord: UNAVAILABLE: weg");
});

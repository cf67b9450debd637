import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { readEvent, readOutbox } from "./outbox.js";

function outbox(...lines: string[]): string {
  const file = join(mkdtempSync(join(tmpdir(), "outbox-")), "outbox.jsonl");
  writeFileSync(file, lines.join("\n"));
  return file;
}

test("an event is read as it was written down", () => {
  const event = readEvent(
    '{"sequence": 7, "kind": "STOP", "id": "s-81", "start": "2027-03-28T02:30", "department": "SEH"}',
  );
  assert.equal(event.sequence, 7n);
  assert.deepEqual(
    [event.startTime?.year, event.startTime?.hours, event.startTime?.minutes, event.endTime],
    [2027, 2, 30, undefined],
  );
});

test("events come by sequence", () => {
  const file = outbox(
    '{"sequence": 2, "kind": "STOP", "id": "a", "end": "2027-03-01T12:00"}',
    '{"sequence": 1, "kind": "STOP", "id": "a", "start": "2027-03-01T10:00", "department": "SEH"}',
    "",
  );
  assert.deepEqual(
    readOutbox(file).map((event) => event.sequence),
    [1n, 2n],
  );
});

test("every fault is told with its line", () => {
  const file = outbox(
    '{"sequence": 1, "kind": "BRAND", "id": "a"}',
    "geen json",
    '{"sequence": 3, "kind": "STOP", "id": "a", "start": "1 maart"}',
    '{"sequence": 4, "kind": "STOP", "id": "a", "withdrawn": true}',
    '{"sequence": 4, "kind": "STOP", "id": "a", "withdrawn": true}',
  );
  assert.throws(
    () => readOutbox(file),
    (error: Error) => {
      const lines = error.message.split("\n").map((line) => line.split(":")[0]);
      assert.deepEqual(lines, ["regel 1", "regel 2", "regel 3", "regel 5"]);
      return true;
    },
  );
});

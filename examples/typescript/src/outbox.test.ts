import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "node:test";

import { readEvent, readOutbox, WrongOutbox } from "./outbox.js";

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

test("planned, unplanned and not known are three things", () => {
  const foreseen = (said: string): boolean | undefined =>
    readEvent(`{"sequence": 1, "kind": "CLOSURE", "id": "c", "start": "2027-03-01T10:00"${said}}`).foreseen;
  assert.deepEqual(
    [foreseen(', "foreseen": true'), foreseen(', "foreseen": false'), foreseen("")],
    [true, false, undefined],
  );
});

test("what is not understood is not guessed", () => {
  const stop = '"sequence": 1, "kind": "STOP", "id": "a"';
  for (const [line, fault] of [
    [`{${stop}, "start": "2027-03-01T10:00", "eind": "2027-03-01T12:00"}`, "onbekend: eind"],
    [`{${stop}, "withdrawn": "true"}`, "withdrawn is geen true of false"],
    [`{${stop}, "foreseen": 1}`, "foreseen is geen true of false"],
    [`{${stop}, "department": "toString"}`, "department is geen van SEH, EHH"],
    ['{"sequence": 1.5, "kind": "STOP", "id": "a"}', "sequence is geen geheel getal"],
    ["[]", "is geen gebeurtenis"],
  ] as const) {
    assert.throws(() => readEvent(line), { message: fault });
  }
});

test("a file that is not there is a wrong outbox", () => {
  assert.throws(() => readOutbox(join(tmpdir(), "is-er-niet", "outbox.jsonl")), WrongOutbox);
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

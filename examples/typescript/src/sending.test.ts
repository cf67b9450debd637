import assert from "node:assert/strict";
import test from "node:test";

import { StatusCursor, StatusEvent } from "./generated/spoedkader/registry/v1/status_feed.js";
import {
  batches,
  missing,
  MOST_BYTES,
  MOST_EVENTS,
  MOST_GAPS,
  NumberingBehind,
  pause,
} from "./sending.js";

function events(count: number, reason = ""): StatusEvent[] {
  return Array.from({ length: count }, (_, index) =>
    StatusEvent.fromPartial({ sequence: BigInt(index + 1), eventId: `e${index}`, reason }),
  );
}

test("what lies in a gap or behind the last one is missing", () => {
  const cursor = StatusCursor.fromPartial({
    lastSequence: 7n,
    contiguousSequence: 2n,
    gaps: [
      { firstSequence: 3n, lastSequence: 3n },
      { firstSequence: 5n, lastSequence: 6n },
    ],
  });
  assert.deepEqual(
    missing(events(9), cursor).map((event) => Number(event.sequence)),
    [3, 5, 6, 8, 9],
  );
  assert.equal(missing(events(9), StatusCursor.fromPartial({})).length, 9);
});

test("as many gaps as are told: there may be more behind the last of them", () => {
  const gaps = Array.from({ length: MOST_GAPS }, (_, index) => {
    const sequence = BigInt(2 * index + 1);
    return { firstSequence: sequence, lastSequence: sequence };
  });
  const found = missing(events(260), StatusCursor.fromPartial({ lastSequence: 260n, gaps }));
  const odd = Array.from({ length: MOST_GAPS }, (_, index) => 2 * index + 1);
  const behind = Array.from({ length: 61 }, (_, index) => 200 + index);
  assert.deepEqual(
    found.map((event) => Number(event.sequence)),
    [...odd, ...behind],
  );
});

test("a registry that has more than the outbox means that the numbering was lost", () => {
  const cursor = StatusCursor.fromPartial({ lastSequence: 10n, contiguousSequence: 10n });
  assert.throws(() => missing(events(9), cursor), NumberingBehind);
  assert.throws(() => missing([], cursor), NumberingBehind);
  assert.deepEqual(missing(events(10), cursor), []);
});

test("batches hold everything once, in order, and never too much", () => {
  for (const all of [events(0), events(1), events(1234), events(900, "x".repeat(2000))]) {
    const made = [...batches(all)];
    assert.deepEqual(made.flat(), all);
    for (const batch of made) {
      assert.ok(batch.length >= 1 && batch.length <= MOST_EVENTS);
      const bytes = batch.map((event) => StatusEvent.encode(event).finish().length);
      assert.ok(bytes.reduce((one, other) => one + other) <= MOST_BYTES);
    }
  }
});

test("each pause is longer, up to a minute, and never the same for all", () => {
  assert.deepEqual(
    [1, 2, 3].map((tries) => pause(tries, 1)),
    [1000, 2000, 4000],
  );
  assert.equal(pause(50, 1), 60_000);
  assert.equal(pause(1, 0), 500);
});

import assert from "node:assert/strict";
import test from "node:test";

import { StatusCursor, StatusEvent } from "./generated/spoedkader/registry/v1/status_feed.js";
import { batches, missing, MOST_BYTES, MOST_EVENTS, pause } from "./sending.js";

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

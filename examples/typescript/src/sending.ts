/** What of an outbox has to be sent, and in which parts. */

import { StatusCursor, StatusEvent } from "./generated/spoedkader/registry/v1/status_feed.js";

/** The most events of a batch, and the most bytes of its events, with room for the rest of the request. */
export const MOST_EVENTS = 500;
export const MOST_BYTES = 900_000;
/** With so many gaps in a cursor there may be more behind them. */
export const MOST_GAPS = 100;

/** The registry has sequences that the outbox does not: the numbering was lost here, or put back from a backup. New
 * events would get numbers that mean something else already, so nothing is sent and a person has to look. */
export class NumberingBehind extends Error {}

/** The events, by sequence, that the registry does not have, or may not have: those behind its last one, those in its
 * gaps, and those behind the last gap that it told when it may have more. Throws NumberingBehind. */
export function missing(events: readonly StatusEvent[], cursor: StatusCursor): StatusEvent[] {
  const known = events.at(-1)?.sequence ?? 0n;
  if (cursor.lastSequence > known) {
    throw new NumberingBehind(
      `het register heeft volgnummers tot en met ${cursor.lastSequence}, hier is ${known} het laatste`,
    );
  }
  const told = cursor.gaps.length < MOST_GAPS ? cursor.lastSequence : (cursor.gaps.at(-1)?.lastSequence ?? 0n);
  const inGap = (sequence: bigint): boolean =>
    cursor.gaps.some((gap) => gap.firstSequence <= sequence && sequence <= gap.lastSequence);
  return events.filter((event) => event.sequence > told || inGap(event.sequence));
}

/** The events in batches that the registry takes, in their order. */
export function* batches(events: readonly StatusEvent[]): Generator<StatusEvent[]> {
  let batch: StatusEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    const size = StatusEvent.encode(event).finish().length + 4;
    if (batch.length === MOST_EVENTS || (batch.length > 0 && bytes + size > MOST_BYTES)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(event);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}

/** How long to wait before try number 1, 2, 3, … again, in milliseconds: twice as long each time, with chance in it so
 * that not all senders come back together. */
export function pause(tries: number, chance: number = Math.random()): number {
  return Math.min(60_000, 1_000 * 2 ** (tries - 1)) * (0.5 + chance / 2);
}

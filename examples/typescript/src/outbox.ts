/**
 * The outbox of the EPD: a file to which it adds a line for everything that becomes so, with the next sequence, in the
 * transaction in which it became so. What is in it never changes, so it can be sent again from any place.
 *
 *     {"sequence": 1, "kind": "STOP", "id": "s-81", "start": "2027-03-01T10:00", "department": "SEH"}
 *     {"sequence": 2, "kind": "STOP", "id": "s-81", "end": "2027-03-01T12:30"}
 */

import { readFileSync } from "node:fs";

import { DateTime } from "./generated/google/type/datetime.js";
import { StatusEvent, StatusEvent_Kind } from "./generated/spoedkader/registry/v1/status_feed.js";
import { Stop_Department } from "./generated/spoedkader/registry/v1/stop.js";

/** Everything that is wrong in an outbox, a line of text for each fault. */
export class WrongOutbox extends Error {}

const KINDS: Record<string, StatusEvent_Kind> = {
  CLOSURE: StatusEvent_Kind.KIND_CLOSURE,
  STOP: StatusEvent_Kind.KIND_STOP,
};
const DEPARTMENTS: Record<string, Stop_Department> = {
  SEH: Stop_Department.DEPARTMENT_SEH,
  EHH: Stop_Department.DEPARTMENT_EHH,
};
const WALL_CLOCK = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})$/;

/** The events of a file, by sequence. Throws WrongOutbox with every fault, each with its line. */
export function readOutbox(file: string): StatusEvent[] {
  const faults: string[] = [];
  const events = new Map<bigint, StatusEvent>();
  readFileSync(file, "utf-8")
    .split("\n")
    .forEach((line, index) => {
      if (line.trim() === "") return;
      try {
        const event = readEvent(line);
        if (events.has(event.sequence)) throw new Error(`volgnummer ${event.sequence} staat er al`);
        events.set(event.sequence, event);
      } catch (fault) {
        faults.push(`regel ${index + 1}: ${(fault as Error).message}`);
      }
    });
  if (faults.length > 0) throw new WrongOutbox(faults.join("\n"));
  return [...events.values()].sort((one, other) => (one.sequence < other.sequence ? -1 : 1));
}

/** The event of a line. Whether it fits what was said before, the registry tells. */
export function readEvent(line: string): StatusEvent {
  const read: unknown = JSON.parse(line);
  if (typeof read !== "object" || read === null) throw new Error("is geen gebeurtenis");
  const said = read as Record<string, unknown>;
  if (!Number.isSafeInteger(said.sequence)) throw new Error("sequence is geen geheel getal");
  return StatusEvent.fromPartial({
    sequence: BigInt(said.sequence as number),
    kind: member("kind", KINDS, said.kind),
    eventId: text("id", said.id),
    startTime: wallClock("start", said.start),
    endTime: wallClock("end", said.end),
    withdrawn: said.withdrawn === true,
    department: said.department === undefined ? 0 : member("department", DEPARTMENTS, said.department),
    reason: said.reason === undefined ? "" : text("reason", said.reason),
  });
}

function text(name: string, value: unknown): string {
  if (typeof value !== "string") throw new Error(`${name} is geen tekst`);
  return value;
}

function member<T>(name: string, known: Record<string, T>, value: unknown): T {
  const found = known[text(name, value)];
  if (found === undefined) throw new Error(`${name} is geen van ${Object.keys(known).join(", ")}`);
  return found;
}

/** Wall-clock in Amsterdam, as it stands on the clock: no Date, for that has a zone. */
function wallClock(name: string, value: unknown): DateTime | undefined {
  if (value === undefined) return undefined;
  const parts = WALL_CLOCK.exec(text(name, value));
  if (parts === null) throw new Error(`${name} is geen tijd als 2027-03-01T10:00`);
  const [year, month, day, hours, minutes] = parts.slice(1).map(Number);
  return DateTime.fromPartial({ year, month, day, hours, minutes });
}

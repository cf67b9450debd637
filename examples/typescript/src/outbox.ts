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
const FIELDS = new Set([
  "sequence",
  "kind",
  "id",
  "start",
  "end",
  "withdrawn",
  "foreseen",
  "department",
  "reason",
]);
const WALL_CLOCK = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})$/;

/** The events of a file, by sequence. Throws WrongOutbox with every fault, each with its line. */
export function readOutbox(file: string): StatusEvent[] {
  const faults: string[] = [];
  const events = new Map<bigint, StatusEvent>();
  contentOf(file)
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
  if (typeof read !== "object" || read === null || Array.isArray(read)) throw new Error("is geen gebeurtenis");
  // A name that is spelled wrong may not do nothing: without its end, a stop would go on.
  const unknown = Object.keys(read).filter((name) => !FIELDS.has(name));
  if (unknown.length > 0) throw new Error(`onbekend: ${unknown.join(", ")}`);
  const said = read as Record<string, unknown>;
  return StatusEvent.fromPartial({
    sequence: sequence(said.sequence),
    kind: member("kind", KINDS, said.kind),
    eventId: text("id", said.id),
    startTime: whenSaid(said.start, (start) => wallClock("start", start)),
    endTime: whenSaid(said.end, (end) => wallClock("end", end)),
    withdrawn: whenSaid(said.withdrawn, (withdrawn) => yesOrNo("withdrawn", withdrawn)) ?? false,
    foreseen: whenSaid(said.foreseen, (foreseen) => yesOrNo("foreseen", foreseen)),
    department: whenSaid(said.department, (department) => member("department", DEPARTMENTS, department)) ?? 0,
    reason: whenSaid(said.reason, (reason) => text("reason", reason)) ?? "",
  });
}

function contentOf(file: string): string {
  try {
    return readFileSync(file, "utf-8");
  } catch (fault) {
    throw new WrongOutbox((fault as Error).message);
  }
}

function whenSaid<T>(value: unknown, read: (value: unknown) => T): T | undefined {
  return value === undefined ? undefined : read(value);
}

function sequence(value: unknown): bigint {
  if (!Number.isSafeInteger(value)) throw new Error("sequence is geen geheel getal");
  return BigInt(value as number);
}

function text(name: string, value: unknown): string {
  if (typeof value !== "string") throw new Error(`${name} is geen tekst`);
  return value;
}

function yesOrNo(name: string, value: unknown): boolean {
  if (typeof value !== "boolean") throw new Error(`${name} is geen true of false`);
  return value;
}

function member<T>(name: string, known: Record<string, T>, value: unknown): T {
  const said = text(name, value);
  const found = Object.hasOwn(known, said) ? known[said] : undefined;
  if (found === undefined) throw new Error(`${name} is geen van ${Object.keys(known).join(", ")}`);
  return found;
}

/** Wall-clock in Amsterdam, as it stands on the clock: no Date, for that has a zone. */
function wallClock(name: string, value: unknown): DateTime {
  const parts = WALL_CLOCK.exec(text(name, value));
  if (parts === null) throw new Error(`${name} is geen tijd als 2027-03-01T10:00`);
  const [year, month, day, hours, minutes] = parts.slice(1).map(Number);
  return DateTime.fromPartial({ year, month, day, hours, minutes });
}

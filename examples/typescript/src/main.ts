/**
 * Sends what is in the outbox of an EPD and the registry does not have yet. May be stopped and started at any moment:
 * the registry says where it is, and what it answered is stored.
 *
 *     node dist/main.js 127.0.0.1:50051 providers/-/locations/L001 epd-wulp outbox.jsonl
 *
 * Ends with 1 when an event or the whole is refused, 2 when something on this side is wrong (the command, the outbox,
 * its numbering), and 3 when the registry does not answer.
 */

import { SendStatusEventsResponse_Result_Outcome as Outcome } from "./generated/spoedkader/registry/v1/status_feed.js";
import { readOutbox, WrongOutbox } from "./outbox.js";
import { NotAnswered, Refused } from "./refusal.js";
import { Registry } from "./registry.js";
import { batches, missing, NumberingBehind } from "./sending.js";

async function main([address, location, source, file]: string[]): Promise<number> {
  if (!address || !location || !source || !file) {
    console.error("gebruik: main.js ADRES LOCATIE BRON OUTBOX");
    return 2;
  }
  const events = readOutbox(file);
  const registry = new Registry(address, location, source);
  try {
    const cursor = await registry.cursor();
    const unsent = missing(events, cursor);
    console.log(`${events.length} gebeurtenissen, waarvan ${unsent.length} nog niet ontvangen`);
    let rejected = 0;
    // One batch at a time: the next one goes when this one is stored.
    for (const batch of batches(unsent)) {
      const answer = await registry.send(batch);
      for (const result of answer.results) {
        const outcome = Outcome[result.outcome]?.replace("OUTCOME_", "") ?? `${result.outcome}`;
        console.log(`${result.sequence} ${outcome} ${result.name}`.trimEnd());
        for (const warning of result.warnings) console.log(`  let op: ${warning}`);
        for (const wrong of result.violations) console.error(`  ${wrong.field}: ${wrong.description}`);
        if (result.outcome === Outcome.OUTCOME_REJECTED) rejected += 1;
      }
    }
    return rejected > 0 ? 1 : 0;
  } finally {
    registry.close();
  }
}

/** The status to end with, after telling what was wrong; of what nobody foresaw with the place where it happened. */
function told(error: unknown): number {
  const foreseen = [Refused, NotAnswered, WrongOutbox, NumberingBehind].some((kind) => error instanceof kind);
  console.error(foreseen ? (error as Error).message : error);
  if (error instanceof Refused) return 1;
  return error instanceof NotAnswered ? 3 : 2;
}

process.exitCode = await main(process.argv.slice(2)).catch(told);

/** The status feed of the registry: each call has a deadline, says who calls, and is made again when that may help. */

import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { setTimeout as wait } from "node:timers/promises";

import { credentials, Metadata, status, type ServiceError } from "@grpc/grpc-js";

import {
  SendStatusEventsResponse,
  StatusCursor,
  StatusEvent,
  StatusFeedServiceClient,
} from "./generated/spoedkader/registry/v1/status_feed.js";
import { meaning } from "./refusal.js";
import { pause } from "./sending.js";

const CONFIG = new URL(
  "../../../protos/spoedkader/registry/v1/registry_grpc_service_config.json",
  import.meta.url,
);
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024;
const DEADLINE_MILLISECONDS = 10_000;
const TRIES = 8;
const AGAIN = new Set([status.UNAVAILABLE, status.RESOURCE_EXHAUSTED, status.DEADLINE_EXCEEDED]);

type Answered<T> = (error: ServiceError | null, answer: T) => void;

export class Registry {
  private readonly client: StatusFeedServiceClient;

  /** `parent` is the location, as in `providers/-/locations/L001`; `source` the name of this system. */
  constructor(
    address: string,
    private readonly parent: string,
    private readonly source: string,
  ) {
    // gRPC tries what is UNAVAILABLE again by itself, at once; `call` waits longer.
    this.client = new StatusFeedServiceClient(address, credentials.createInsecure(), {
      "grpc.service_config": readFileSync(CONFIG, "utf-8"),
      "grpc.max_receive_message_length": MAX_MESSAGE_BYTES,
      // A proxy of the environment is for other traffic.
      "grpc.enable_http_proxy": 0,
    });
  }

  /** What the registry has of this source and location. */
  cursor(): Promise<StatusCursor> {
    return this.call((metadata, options, done) =>
      this.client.getStatusCursor({ parent: this.parent, source: this.source }, metadata, options, done),
    );
  }

  /** Stores a batch; when it was stored before, nothing changes, so it is tried again without fear. */
  send(events: StatusEvent[]): Promise<SendStatusEventsResponse> {
    const request = { parent: this.parent, source: this.source, events, validateOnly: false };
    return this.call((metadata, options, done) =>
      this.client.sendStatusEvents(request, metadata, options, done),
    );
  }

  close(): void {
    this.client.close();
  }

  private async call<T>(
    method: (metadata: Metadata, options: { deadline: number }, done: Answered<T>) => unknown,
  ): Promise<T> {
    for (let tries = 1; ; tries += 1) {
      const metadata = new Metadata();
      metadata.set("x-actor", `epd@${this.source}`);
      metadata.set("x-call-id", randomUUID().replaceAll("-", ""));
      try {
        return await new Promise<T>((answered, failed) => {
          method(metadata, { deadline: Date.now() + DEADLINE_MILLISECONDS }, (error, answer) =>
            error === null ? answered(answer) : failed(error),
          );
        });
      } catch (error) {
        const failure = error as ServiceError;
        if (!AGAIN.has(failure.code) || tries === TRIES) throw meaning(failure);
        await wait(pause(tries));
      }
    }
  }
}

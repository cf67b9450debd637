/** What a call that failed means: a refusal of the service with its reason, or no answer. */

import { ServiceError } from "@grpc/grpc-js";

import { BadRequest, ErrorInfo } from "./generated/google/rpc/error_details.js";
import { Status } from "./generated/google/rpc/status.js";

const DOMAIN = "spoedkader";

/** The service refused. Decide by the reason (docs/errors.md), not by the text. */
export class Refused extends Error {
  constructor(
    readonly reason: string,
    message: string,
  ) {
    super(message);
  }
}

/** The refusal in an error of gRPC; the error itself when it is none. */
export function meaning(error: ServiceError): Refused | ServiceError {
  const [bytes] = error.metadata?.get("grpc-status-details-bin") ?? [];
  if (!(bytes instanceof Buffer)) return error;
  let reason = "";
  const lines: string[] = [];
  for (const detail of Status.decode(bytes).details) {
    if (detail.typeUrl.endsWith("/google.rpc.ErrorInfo")) {
      const info = ErrorInfo.decode(detail.value);
      if (info.domain === DOMAIN) reason = info.reason;
    } else if (detail.typeUrl.endsWith("/google.rpc.BadRequest")) {
      for (const wrong of BadRequest.decode(detail.value).fieldViolations) {
        lines.push(`  ${wrong.field}: ${wrong.description}`);
      }
    }
  }
  return reason ? new Refused(reason, [`${reason}: ${error.details}`, ...lines].join("\n")) : error;
}

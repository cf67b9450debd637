/** What a call that failed means: a refusal of the service with its reason, or no answer. */

import { status, type ServiceError } from "@grpc/grpc-js";

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

/** The service did not answer, or not in time: what became of the call is not known. Send it again. */
export class NotAnswered extends Error {}

/** What an error of gRPC means. */
export function meaning(error: ServiceError): Refused | NotAnswered {
  const [bytes] = error.metadata.get("grpc-status-details-bin");
  let reason = "";
  const lines: string[] = [];
  for (const detail of bytes instanceof Buffer ? Status.decode(bytes).details : []) {
    if (detail.typeUrl.endsWith("/google.rpc.ErrorInfo")) {
      const info = ErrorInfo.decode(detail.value);
      if (info.domain === DOMAIN) reason = info.reason;
    } else if (detail.typeUrl.endsWith("/google.rpc.BadRequest")) {
      for (const wrong of BadRequest.decode(detail.value).fieldViolations) {
        lines.push(`  ${wrong.field}: ${wrong.description}`);
      }
    }
  }
  return reason
    ? new Refused(reason, [`${reason}: ${error.details}`, ...lines].join("\n"))
    : new NotAnswered(`geen antwoord: ${status[error.code]}: ${error.details}`);
}

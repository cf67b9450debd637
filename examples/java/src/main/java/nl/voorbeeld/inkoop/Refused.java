package nl.voorbeeld.inkoop;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.rpc.BadRequest;
import com.google.rpc.ErrorInfo;
import com.google.rpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;

/** The service refused: why (docs/errors.md), and every wrong field. Decide by the reason, not by the text. */
final class Refused extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private static final String DOMAIN = "spoedkader";

    private final String reason;

    private Refused(String reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** One of docs/errors.md, as in NOT_FOUND. */
    String reason() {
        return reason;
    }

    /** What an error of gRPC means: a refusal of the service, or no answer at all. */
    static RuntimeException orNotAnswered(StatusRuntimeException ended) {
        // Never null: without details there is a status with the code and the description alone.
        Status status = StatusProto.fromThrowable(ended);
        ErrorInfo info = ErrorInfo.getDefaultInstance();
        BadRequest wrong = BadRequest.getDefaultInstance();
        try {
            for (Any detail : status.getDetailsList()) {
                if (detail.is(ErrorInfo.class)) {
                    info = detail.unpack(ErrorInfo.class);
                } else if (detail.is(BadRequest.class)) {
                    wrong = detail.unpack(BadRequest.class);
                }
            }
        } catch (InvalidProtocolBufferException unreadable) {
            return new NotAnswered(ended);
        }
        if (!info.getDomain().equals(DOMAIN)) {
            return new NotAnswered(ended);
        }
        StringBuilder message = new StringBuilder(info.getReason());
        message.append(": ").append(status.getMessage());
        wrong.getFieldViolationsList().forEach(violation -> message.append(System.lineSeparator())
                .append("  ").append(violation.getField()).append(": ").append(violation.getDescription()));
        return new Refused(info.getReason(), message.toString());
    }
}
